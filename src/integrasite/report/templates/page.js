(function () {
  "use strict";
  var FILTER_FROM = 10;
  function each(list, act) { Array.prototype.forEach.call(list, act); }
  function key(row, column) {
    var cell = row.cells[column];
    var raw = cell.hasAttribute("data-v") ? cell.getAttribute("data-v") : cell.textContent;
    var value = Number(raw);
    return raw === "" || isNaN(value) ? raw : value;
  }
  function compare(a, b) {
    if (typeof a === "number" && typeof b === "number") { return a - b; }
    if (typeof a === "number") { return -1; }
    if (typeof b === "number") { return 1; }
    return a < b ? -1 : a > b ? 1 : 0;
  }
  function sort(button) {
    var head = button.parentNode;
    var column = head.cellIndex;
    var body = head.closest("table").tBodies[0];
    var falling = head.getAttribute("aria-sort") === "ascending" ||
      (head.getAttribute("aria-sort") === "none" && head.classList.contains("num"));
    var rows = Array.prototype.map.call(body.rows, function (row, place) {
      return { row: row, key: key(row, column), place: place };
    });
    rows.sort(function (a, b) { return (falling ? -1 : 1) * compare(a.key, b.key) || a.place - b.place; });
    each(head.parentNode.cells, function (cell) { cell.setAttribute("aria-sort", "none"); });
    head.setAttribute("aria-sort", falling ? "descending" : "ascending");
    var sorted = document.createDocumentFragment();
    rows.forEach(function (item) { sorted.appendChild(item.row); });
    body.appendChild(sorted);
  }
  each(document.querySelectorAll("table.sortable th > button"), function (button) {
    button.disabled = false;
    button.addEventListener("click", function () { sort(button); });
  });

  function grouped(n) { return String(n).replace(/\B(?=(\d{3})+$)/g, ","); }
  function make(name, kind, parent) {
    var made = document.createElement(name);
    made.className = kind;
    parent.appendChild(made);
    return made;
  }
  function addFilter(table) {
    var rows = Array.prototype.slice.call(table.tBodies[0].rows);
    if (rows.length <= FILTER_FROM) { return; }
    var words = null;
    var bar = document.createElement("div");
    bar.className = "filter";
    bar.setAttribute("role", "search");
    bar.setAttribute("aria-label", "Rows of: " + table.caption.textContent);
    var label = make("label", "", bar);
    label.appendChild(document.createTextNode("Filter rows "));
    var input = make("input", "", label);
    input.type = "search";
    input.id = table.id + "-filter";
    input.autocomplete = "off";
    input.spellcheck = false;
    input.setAttribute("aria-controls", table.id);
    var told = make("span", "told", bar);
    told.setAttribute("role", "status");
    told.setAttribute("aria-live", "polite");
    function apply() {
      var wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      var n = 0;
      words = words || rows.map(function (row) {
        return Array.prototype.map.call(row.cells, function (cell) { return cell.textContent; }).join("\n").toLowerCase();
      });
      rows.forEach(function (row, place) {
        row.hidden = !wanted.every(function (word) { return words[place].indexOf(word) >= 0; });
        n += row.hidden ? 0 : 1;
      });
      bar.classList.toggle("active", wanted.length > 0);
      told.textContent = wanted.length ? "showing " + grouped(n) + " of " + grouped(rows.length) : grouped(rows.length) + " rows";
    }
    input.addEventListener("input", apply);
    input.addEventListener("keydown", function (event) {
      if (event.key === "Escape" && input.value) { input.value = ""; apply(); event.preventDefault(); }
    });
    told.textContent = grouped(rows.length) + " rows";
    var frame = table.closest(".scroll");
    frame.parentNode.insertBefore(bar, frame);
  }
  each(document.querySelectorAll("table.sortable"), addFilter);

  var links = document.querySelectorAll("nav.side ol a");
  if ("IntersectionObserver" in window) {
    var watch = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        if (!entry.isIntersecting) { return; }
        each(links, function (link) {
          if (link.hash === "#" + entry.target.id) { link.setAttribute("aria-current", "true"); }
          else { link.removeAttribute("aria-current"); }
        });
      });
    }, { rootMargin: "-10% 0px -80% 0px" });
    each(document.querySelectorAll("main > section"), function (section) { watch.observe(section); });
  }
})();
