// What can be measured of a page that is shown: whether a reader must scroll
// sideways, and whether every text stands out from what is behind it.
(() => {
  const parse = (css) => css.match(/[\d.]+/g).map(Number)
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const [r, g, b, alpha = 1] = parse(getComputedStyle(element).backgroundColor)
      if (alpha === 1) return [r, g, b]
    }
    return [255, 255, 255]
  }
  // WCAG 2.2: relative luminance and contrast ratio.
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const contrast = (a, b) => {
    const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y)
    return (light + 0.05) / (dark + 0.05)
  }

  const faint = new Set()
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    const text = texts.currentNode.data.trim()
    if (!text) continue
    const element = texts.currentNode.parentElement
    const ratio = contrast(parse(getComputedStyle(element).color).slice(0, 3), behind(element))
    if (ratio < 4.5) faint.add(`${text.slice(0, 60)}: ${ratio.toFixed(2)}`)
  }
  for (const bar of document.querySelectorAll('[class$=-bar]')) {
    const ratio = contrast(parse(getComputedStyle(bar).backgroundColor).slice(0, 3), behind(bar.closest('table').parentElement))
    if (bar.className !== 'no-bar' && ratio < 3) faint.add(`${bar.className}: ${ratio.toFixed(2)}`)
  }
  const root = document.documentElement
  return {
    width: root.scrollWidth,
    height: root.scrollHeight,
    background: getComputedStyle(document.body).backgroundColor,
    faint: [...faint],
    cutOff: [...document.querySelectorAll('td, th, h1, h2, h3, div')]
      .filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0)
      .map((e) => e.textContent.trim().slice(0, 60)),
    firstLine: document.querySelector('h1').getBoundingClientRect().top,
  }
})()
