/* MathJax sets the formulas of a page a few at a time, so that the page answers in between.
   If it does not come, the formulas are shown as they are written. */
if (window.MathJax) {
  document.querySelector('script[src*="mathjax/"]').addEventListener("error", () => {
    document.documentElement.classList.add("no-mathjax");
  });
  MathJax.startup = {
    async pageReady() {
      const formulas = [...document.querySelectorAll(".math")];
      for (let k = 0; k < formulas.length; k += 8) {
        await MathJax.typesetPromise(formulas.slice(k, k + 8));
        await new Promise((go) => setTimeout(go));
      }
      await MathJax.typesetPromise(); // what stands elsewhere
    },
  };
}
