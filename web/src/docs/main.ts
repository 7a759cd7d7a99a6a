import "swagger-ui-dist/swagger-ui.css";
