// Numbers for people: few digits, a true minus; and what people type, read as numbers.

const SUPERSCRIPTS = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

function asNumber(value) {
  if (value === "nan") return NaN;
  if (value === "inf") return Infinity;
  if (value === "-inf") return -Infinity;
  return value;
}

function shown(value, digits = 4) {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) {
    if (Number.isInteger(value) && size < 1e15 && String(size).length <= digits + 3) return String(value).replace("-", "−");
    const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
    const raised = [...String(Number(exponent))].map((each) => SUPERSCRIPTS[each]).join("");
    return `${trimmed(mantissa)}·10${raised}`.replace("-", "−");
  }
  const rounded = Number(value.toPrecision(digits));
  const places = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(rounded))));
  return trimmed(rounded.toFixed(Math.min(20, places))).replace("-", "−");
}

function trimmed(text) {
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}

function allDigits(value) {
  return Number.isFinite(value) ? String(value).replace(/-/g, "−") : shown(value);
}

function typedNumber(text) {
  const plain = text.trim().replace(/[−–]/g, "-").replace(/\s/g, "").replace(/[·*x×]10\^?/, "e").replace(",", ".")
    .replace(/[⁻⁰¹²³⁴-⁹]/g, (each) => Object.keys(SUPERSCRIPTS).find((key) => SUPERSCRIPTS[key] === each));
  return plain !== "" && /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
}

// Right if it agrees in three significant digits: one unit of the third may be lost by rounding on the way.
function isRight(answer, truth) {
  if (!Number.isFinite(answer)) return false;
  if (truth === 0) return Math.abs(answer) < 5e-4;
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(truth))) - 2);
  return Math.abs(answer - truth) <= unit * (1 + 1e-9);
}

function escaped(text) {
  return String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;").replace(/'/g, "&#39;");
}
