/* MathJax sets the formulas of a page a few at a time, so that the page answers in between.
   If it does not come, or stops half-way, the formulas are shown as they are written. */
if (window.MathJax) {
  const show = () => document.documentElement.classList.add("no-mathjax");
  document.querySelector('script[src*="mathjax/"]')?.addEventListener("error", show);
  MathJax.startup = {
    async pageReady() {
      try {
        const formulas = [...document.querySelectorAll(".math")];
        for (let k = 0; k < formulas.length; k += 8) {
          await MathJax.typesetPromise(formulas.slice(k, k + 8));
          await new Promise((go) => setTimeout(go));
        }
        await MathJax.typesetPromise(); // what stands elsewhere
      } catch (problem) {
        show(); // what is not set yet
        throw problem;
      }
    },
  };
}
