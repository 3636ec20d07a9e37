// What pages gain where scripts run: times in the reader's zone, buttons that copy, and parts that renew themselves. All works without it.
"use strict";

const everySoOften = 2000;

const times = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const exactly = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

function improve(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (!Number.isNaN(moment.valueOf())) {
      time.textContent = times.format(moment);
      time.title = exactly.format(moment);
    }
  }
  for (const button of root.querySelectorAll("button[data-copy]")) {
    button.hidden = !navigator.clipboard;
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) {
    return;
  }
  const label = button.innerHTML;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Select and copy it by hand";
  }
  setTimeout(() => { button.innerHTML = label; }, 2000);
});

// A part with data-live is read again from this page's own address, until it comes without the mark.
async function renew() {
  const began = performance.now();
  const live = document.querySelectorAll("[data-live][id]");
  if (live.length > 0 && !document.hidden) {
    try {
      const answer = await fetch(location.href, { headers: { "X-Live": "1" }, redirect: "manual", cache: "no-store" });
      if (answer.status === 401) {
        location.reload();
        return;
      }
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const old of live) {
          const fresh = page.getElementById(old.id);
          if (fresh && !old.contains(document.activeElement)) {
            improve(fresh);
            if (fresh.innerHTML !== old.innerHTML || !fresh.hasAttribute("data-live")) {
              old.replaceWith(document.adoptNode(fresh));
            }
          }
        }
      }
    } catch {
      // The network is away for a moment: the next turn tries again.
    }
  }
  if (document.querySelector("[data-live][id]")) {
    // A page that takes long, because much is in the directory, is asked for less often.
    setTimeout(renew, Math.max(everySoOften, 10 * (performance.now() - began)));
  }
}

improve(document);
if (document.querySelector("[data-live][id]")) {
  setTimeout(renew, everySoOften);
}
