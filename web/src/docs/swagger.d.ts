// The package has no types of its own; this is what we use of it.
declare module "swagger-ui-dist" {
  export function SwaggerUIBundle(options: {
    url: string;
    dom_id: string;
    deepLinking: boolean;
    validatorUrl: null;
  }): void;
}
