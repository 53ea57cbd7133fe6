// The page's own start: who is made, and who hears of whom.

import { Api } from "./api.js";
import { drawCoverRow } from "./cover.js";
import { CreateForm } from "./create.js";
import { Dock } from "./dock.js";
import { byId } from "./dom.js";
import { Player } from "./player.js";
import { SongList } from "./songs.js";

const home = document.querySelector(".home");
const api = new Api({
  root: home.dataset.api,
  csrfToken: document.querySelector("#create-form [name=csrfmiddlewaretoken]").value,
  signInUrl: home.dataset.signIn,
});
const player = new Player(byId("audio"));
new Dock(byId("player"), player);
const songs = new SongList(api, player);
const create = new CreateForm(api, (job) => songs.add(job));

byId("first-song").addEventListener("click", () => create.tryExample());
drawCoverRow(document.querySelectorAll("[data-cover]"));
songs.open();
