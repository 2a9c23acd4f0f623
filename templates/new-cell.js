// Makes the cells of GOPs that the HTML of the page does not have. They are like those of gops.html.

import * as format from "./format.js";
import { details, ends, irregular, pageCells, sizes, starts } from "./gop-columns.js";
import { addParameters } from "./urls.js";

const pattern = pageCells[0]?.cloneNode(true);
const badges = [...document.querySelector("template.badges")?.content.children ?? []];

// newCell returns the cell of a GOP, which is not in the document.
export function newCell(number) {
	const cell = pattern.cloneNode(true);
	const [play, download] = cell.querySelectorAll("a"), [times, properties] = cell.querySelectorAll("p");
	const image = cell.querySelector("img"), title = cell.querySelector("h2");
	const url = text => text.replace(/\/\d+(\.\w+)(?=\?|$)/, `/${number}$1`);
	const { frames, bitRate, hasLeading, badges: labels } = details(number);

	cell.id = "gop-" + number;
	cell.dataset.start = starts[number];
	cell.dataset.end = ends[number];
	cell.dataset.bytes = sizes[number];
	cell.toggleAttribute("data-irregular", irregular.has(number));

	const href = url(download.getAttribute("href"));
	download.setAttribute("href", href);
	download.download = `gop-${number}.mp4`;
	download.setAttribute("aria-label", "Download GOP " + number);
	play.setAttribute("href", hasLeading ? withoutLeading(href) : href);
	play.setAttribute("aria-label", "Play GOP " + number);
	image.setAttribute("src", url(image.getAttribute("src")));

	title.replaceChildren("GOP " + number);
	for (const badge of badges)
		if (labels.includes(badge.textContent)) title.append(" ", badge.cloneNode(true));
	times.textContent = `${format.clock(starts[number])} – ${format.clock(ends[number])}`;
	const texts = [format.count(frames, "frame"), format.bytes(sizes[number])];
	if (bitRate) texts.push(format.bitRate(bitRate));
	properties.textContent = texts.join(", ");
	return cell;
}

// withoutLeading returns the URL of a GOP without its leading frames, which some browsers cannot decode.
const withoutLeading = href => /[?&]leading=0/.test(href) ? href : addParameters(href, ["leading=0"]);
