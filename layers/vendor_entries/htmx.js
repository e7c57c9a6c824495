// htmx ships its ES module unminified; bin/vendor makes it small. (The path goes round the package's export map.)
export {default} from './node_modules/htmx.org/dist/htmx.esm.js';
