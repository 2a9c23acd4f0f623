// Texts of a cell, as format.go makes them.

// clock formats seconds as h:mm:ss.mmm, or as m:ss.mmm if they are less than an hour.
export function clock(seconds) {
	const millis = Math.floor((Math.round(Math.abs(seconds) * 1e6) + 500) / 1000);
	const digits = (n, count) => String(n).padStart(count, "0");
	const minutes = Math.floor(millis / 60_000), hours = Math.floor(minutes / 60);
	const rest = digits(Math.floor(millis / 1000) % 60, 2) + "." + digits(millis % 1000, 3);
	const sign = seconds < 0 && millis > 0 ? "-" : "";
	return sign + (hours > 0 ? `${hours}:${digits(minutes % 60, 2)}` : minutes) + ":" + rest;
}

// count formats n with the noun in the singular or plural.
export const count = (n, noun) => n === 1 ? "1 " + noun : `${n} ${noun}s`;

export const bytes = n => unit(n, "B", "kB", "MB", "GB", "TB");

export const bitRate = n => unit(n, "b/s", "kb/s", "Mb/s", "Gb/s");

// unit formats a value with a decimal unit.
function unit(value, ...units) {
	let i = 0;
	for (; value >= 999.5 && i < units.length - 1; i++) value /= 1000;
	const text = i === 0 || value >= 99.5 ? Math.round(value) : (Math.round(value * 10) / 10).toFixed(1);
	return text + "\u00a0" + units[i];
}
