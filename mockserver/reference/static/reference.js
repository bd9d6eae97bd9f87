// The page stands at /VENDOR/docs, its document at /VENDOR/openapi.json; requests that are tried go to this mock.
const mount = location.pathname.replace(/\/docs\/?$/, "");
document.getElementById("document").href = `${mount}/openapi.json`;

window.reference = SwaggerUIBundle({
  url: `${mount}/openapi.json`,
  dom_id: "#reference",
  deepLinking: true,
  validatorUrl: null,
  tryItOutEnabled: true,
  persistAuthorization: false,
  onComplete: () => {
    const title = document.querySelector("#reference .info .title");
    if (title) document.title = `${title.firstChild.textContent.trim()} · Pixpact`;
  },
});
