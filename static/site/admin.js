// The staff's pages: menus close when somebody looks elsewhere.
import { closeMenusOutside } from "../library/menus.js";

closeMenusOutside(document);
