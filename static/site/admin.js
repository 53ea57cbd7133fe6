// Admin pages: menus close when the user clicks or focuses elsewhere.
import { closeMenusOutside } from "../library/menus.js";

closeMenusOutside(document);
