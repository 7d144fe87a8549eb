(function () {
  "use strict";
  function each(list, act) { Array.prototype.forEach.call(list, act); }
  function make(name, kind, parent) {
    var made = document.createElement(name);
    made.className = kind;
    parent.appendChild(made);
    return made;
  }

  function addSwitch(box, number) {
    var views = Array.prototype.slice.call(box.children);
    if (views.length < 2) { return; }
    function show(place) { views.forEach(function (view, at) { view.hidden = at !== place; }); }
    var bar = document.createElement("div");
    bar.className = "switch";
    if (box.classList.contains("zoom")) {
      var label = make("label", "", bar);
      label.appendChild(document.createTextNode(box.getAttribute("data-label") + " "));
      var choice = make("select", "", label);
      views.forEach(function (view, at) {
        var option = make("option", "", choice);
        option.value = String(at);
        option.textContent = view.getAttribute("data-name");
      });
      choice.addEventListener("change", function () { show(Number(choice.value)); });
    } else {
      bar.setAttribute("role", "radiogroup");
      bar.setAttribute("aria-label", box.getAttribute("data-label"));
      views.forEach(function (view, at) {
        var name = make("label", "", bar);
        var radio = make("input", "", name);
        radio.type = "radio";
        radio.name = "switch-" + number;
        radio.checked = at === 0;
        radio.addEventListener("change", function () { show(at); });
        name.appendChild(document.createTextNode(" " + view.getAttribute("data-name")));
      });
    }
    var picture = box.closest(".picture");
    picture.parentNode.insertBefore(bar, picture);
    if (picture.parentNode.classList.contains("drawn")) { bar.style.flexBasis = "100%"; }
    box.classList.add("switched");
    show(0);
  }
  each(document.querySelectorAll(".picture .views"), addSwitch);

  var tip = make("div", "tip", document.body);
  tip.hidden = true;
  var said = make("div", "said-mark", document.body);
  said.setAttribute("role", "status");
  said.setAttribute("aria-live", "polite");
  var hint = make("p", "said-mark", document.body);
  hint.id = "picture-keys";
  hint.textContent = "Arrow keys go from mark to mark, Enter opens the clone's card, Escape leaves.";
  var current = null;

  function place(mark) {
    var box = mark.getBoundingClientRect();
    var wide = document.documentElement.clientWidth;
    tip.style.left = Math.max(8, Math.min(box.left + box.width / 2 - tip.offsetWidth / 2, wide - tip.offsetWidth - 8)) + "px";
    var above = box.top - tip.offsetHeight - 8;
    tip.style.top = (above > 4 ? above : box.bottom + 8) + "px";
  }
  function show(mark) {
    if (current) { current.classList.remove("on"); }
    current = mark;
    tip.hidden = !mark;
    if (!mark) { return; }
    mark.classList.add("on");
    tip.textContent = mark.getAttribute("data-tip");
    place(mark);
  }
  function open(mark) {
    var card = mark && mark.getAttribute("data-card");
    if (card) { show(null); window.location.href = card; }
  }
  each(document.querySelectorAll(".picture svg title"), function (title) {
    var mark = title.parentNode;
    mark.setAttribute("data-tip", title.textContent);
    mark.removeChild(title);
  });
  function marksOf(picture) {
    return Array.prototype.filter.call(picture.querySelectorAll("[data-tip]"), function (mark) {
      return !mark.closest("[hidden]");
    });
  }
  each(document.querySelectorAll(".picture"), function (picture) {
    if (!picture.querySelector("[data-tip]")) { return; }
    picture.setAttribute("aria-describedby", hint.id);
    picture.addEventListener("pointerover", function (event) { show(event.target.closest("[data-tip]")); });
    picture.addEventListener("pointerleave", function () { show(null); });
    picture.addEventListener("click", function (event) { open(event.target.closest("[data-card]")); });
    picture.addEventListener("blur", function () { show(null); });
    picture.addEventListener("keydown", function (event) {
      if (event.target !== picture) { return; }
      var marks = marksOf(picture);
      var at = marks.indexOf(current);
      var next = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: marks.length - 1 }[event.key];
      if (event.key === "Escape") { show(null); return; }
      if (event.key === "Enter") { open(current); return; }
      if (next === undefined || !marks.length) { return; }
      event.preventDefault();
      var mark = marks[Math.max(0, Math.min(next, marks.length - 1))];
      mark.scrollIntoView({ block: "nearest", inline: "nearest" });
      show(mark);
      said.textContent = mark.getAttribute("data-tip") + (mark.hasAttribute("data-card") ? " Enter opens its card." : "");
    });
  });
  window.addEventListener("scroll", function () { if (current) { place(current); } }, { passive: true });

  function reveal() {
    var card = document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
    if (!card || !card.classList.contains("clonecard")) { return; }
    card.open = true;
    card.querySelector("summary").focus({ preventScroll: true });
    card.scrollIntoView({ block: "start" });
  }
  window.addEventListener("hashchange", reveal);
  reveal();
})();
