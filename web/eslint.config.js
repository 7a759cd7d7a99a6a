import js from "@eslint/js";
import reactHooks from "eslint-plugin-react-hooks";
import { defineConfig } from "eslint/config";
import { configs } from "typescript-eslint";

export default defineConfig(js.configs.recommended, {
  files: ["**/*.ts", "**/*.tsx"],
  extends: [configs.recommendedTypeChecked],
  languageOptions: { parserOptions: { projectService: true } },
  plugins: { "react-hooks": reactHooks },
  rules: {
    "react-hooks/rules-of-hooks": "error",
    "react-hooks/exhaustive-deps": "error",
    // An async function without await is the short way to a promise, most of all in tests.
    "@typescript-eslint/require-await": "off",
    // A handler of events may be async: what it rejects is reported like what it throws.
    "@typescript-eslint/no-misused-promises": [
      "error",
      { checksVoidReturn: { attributes: false } },
    ],
  },
});
