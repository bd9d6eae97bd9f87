// Before the first paint, so that a page that was set to dark never flashes white.
const chosen = localStorage.getItem("pixpact-theme");
if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
