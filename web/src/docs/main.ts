import "swagger-ui-dist/swagger-ui.css";
import "./docs.css";
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";

// The style sheet of swagger-ui is dark by a class, not by what the system prefers.
const dark = matchMedia("(prefers-color-scheme: dark)");
function followScheme(): void {
  document.documentElement.classList.toggle("dark-mode", dark.matches);
}
dark.addEventListener("change", followScheme);
followScheme();

SwaggerUI({
  url: new URL("openapi.json", document.baseURI).href,
  dom_id: "#docs",
  deepLinking: true,
  validatorUrl: null, // no other server is asked
});
