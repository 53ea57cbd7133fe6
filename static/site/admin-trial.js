// A preset's trial: polls its progress until it is finished, then plays it.
const POLL_MS = 1000;
const trial = document.querySelector(".trial");

function show({ status_text: statusText, percent, is_finished: isFinished, sound }) {
  document.getElementById("trial-status").textContent = statusText;
  const progress = trial.querySelector("progress");
  progress.value = percent;
  progress.hidden = isFinished;
  const audio = trial.querySelector("audio");
  if (sound && !audio.src) {
    audio.src = sound;
    audio.hidden = false;
    audio.play().catch(() => {}); // if the browser requires a click first, there is the button
  }
}

async function watch() {
  let isFinished = trial.dataset.finished === "yes";
  while (!isFinished) {
    await new Promise((done) => setTimeout(done, POLL_MS));
    try {
      const answer = await fetch(trial.dataset.state, { headers: { Accept: "application/json" } });
      if (!answer.ok) continue;
      const state = await answer.json();
      show(state);
      isFinished = state.is_finished;
    } catch {
      // The server does not answer: try again.
    }
  }
}

watch();
