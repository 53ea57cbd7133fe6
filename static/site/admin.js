// The staff's pages: menus close on a click elsewhere.
import { closeMenusOutside } from "../library/menus.js";

closeMenusOutside(document);
