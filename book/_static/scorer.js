// How the search ranks what it finds: a page that is named after the query first, lessons before
// the appendices, which hold every word. Read by Sphinx's searchtools.js (html_search_scorer).
const APPENDICES = ["api", "bibliography", "errata", "glossary", "lecture_map", "notations", "reproductions", "solutions"];
const british = word => word.toLowerCase().replace(/iz(?=e|a|i)/g, "is");
const asked = british(new URLSearchParams(location.search).get("q") ?? "").match(/[a-z]{3,}/g) ?? [];

window.Scorer = {
  score: ([page, , , , score]) => {
    const name = page.replace(/^book\//, "");
    const named = name.split("_").some(part => asked.includes(part));
    return score + (named ? 15 : 0) - (APPENDICES.includes(name) ? 20 : 0);
  },
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: {0: 15, 1: 5, 2: -5},
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
