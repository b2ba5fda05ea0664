// Keys of the console, and a form that is sent once. Every page works without this file.
"use strict";
(function () {
  let going = false;

  function isTyping(target) {
    return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
  }

  function rows() {
    return Array.from(document.querySelectorAll("main table.rows tbody tr"));
  }

  function ownRow() {
    return document.activeElement && document.activeElement.closest ? document.activeElement.closest("tbody tr") : null;
  }

  function step(by) {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(ownRow());
    const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
    // The row's own page first: Enter on its tick box would send the form below the list.
    const target = next.querySelector("a") || next.querySelector("button, summary, input:not([type=hidden])") || next;
    if (target === next) next.tabIndex = -1;
    target.focus();
    next.scrollIntoView({ block: "nearest" });
  }

  function follow(selector) {
    const found = document.querySelector(selector);
    if (found) found.click();
    return Boolean(found);
  }

  function showKeys() {
    const keys = document.getElementById("keys");
    if (!keys) return;
    keys.open = !keys.open;
    keys.querySelector("summary").focus();
    keys.scrollIntoView({ block: "end" });
  }

  // Where a queue stands beside what is opened of it, J and K go from one to the next.
  function move(by) {
    if (!document.querySelector(".split")) step(by);
    else follow(by > 0 ? 'a[data-step="after"]' : 'a[data-step="before"]');
  }

  const DEEDS = {
    j: () => move(1),
    k: () => move(-1),
    n: () => follow("a[rel=next]"),
    p: () => follow("a[rel=prev]"),
    x: () => {
      const box = ownRow() && ownRow().querySelector("input[type=checkbox]");
      if (box) box.click();
    },
    "?": showKeys,
  };

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (isTyping(event.target) && event.target.type !== "checkbox") {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (going) {
      going = false;
      if (/^[a-z0-9]$/.test(event.key) && follow('nav a[data-key="' + event.key + '"]')) event.preventDefault();
      return;
    }
    if (event.key === "g") {
      going = true;
    } else if (event.key === "/") {
      const field = document.querySelector("[data-search]") || document.querySelector("main input:not([type=hidden])");
      if (field) {
        event.preventDefault();
        field.focus();
        field.select();
      }
    } else if (Object.hasOwn(DEEDS, event.key)) {
      event.preventDefault();
      DEEDS[event.key]();
    }
  });

  // A second click does not send a second time; the server would refuse it as well.
  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });

  // One box ticks all of a list.
  document.addEventListener("change", function (event) {
    const all = event.target.closest("[data-pick-all]");
    if (all) document.querySelectorAll('input[name="pick"]').forEach((box) => (box.checked = event.target.checked));
  });
})();
