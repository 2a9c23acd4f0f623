// The query parameters that the filter panel stands for. A closed panel stands for none.

import { cropValue } from "./crop.js";
import { filterForm, filterPanel } from "./player-elements.js";

const maxImageWidth = 1920, maxImageHeight = 1080; // pixels of a preview; the server makes no wider images

// isDefault reports whether a control has its initial value.
export const isDefault = control =>
	control.type === "checkbox" ? !control.checked : control.value === (control.defaultValue ?? "");

// segmentParameters returns the parameters of the GOP, except those named in omit.
export function segmentParameters(omit = []) {
	if (!filterPanel.open) return [];
	const parameters = cropValue() ? ["crop=" + cropValue()] : [];
	for (const control of filterForm.elements) {
		const { name, value, disabled } = control;
		if (!name || name === "crop" || disabled || isDefault(control) || omit.includes(name)) continue;
		parameters.push(name + "=" + encodeURIComponent(value.trim()).replaceAll("%2F", "/"));
	}
	return parameters;
}

// imageParameters returns the parameters of the preview. The preview has the size of the filtered GOP, up to
// the maximum size of an image.
export function imageParameters() {
	const [width, height] = imageSize();
	const size = [width && "width=" + width, height && "height=" + height].filter(Boolean);
	const others = segmentParameters(["fps", "quality", "width", "height"]);
	return [...others, ...(size.length > 0 ? size : ["width=" + maxImageWidth])];
}

// imageSize returns the width and the height of the preview in pixels, each 0 if its input is empty.
function imageSize() {
	const width = Number(filterForm.elements.width.value), height = Number(filterForm.elements.height.value);
	const shrink = Math.max(1, width / maxImageWidth, width ? 0 : height / maxImageHeight);
	return [Math.round(width / shrink), Math.round(height / shrink)];
}

// isEnlarged reports whether the panel asks for larger frames than the preview has. The server does not
// enlarge frames: it makes a smaller image, but refuses to make the GOP.
export function isEnlarged({ naturalWidth, naturalHeight }) {
	const [width, height] = imageSize();
	const isContained = filterForm.elements.fit.value === "";
	if (width && height && isContained) return width > naturalWidth && height > naturalHeight;
	return width > naturalWidth || height > naturalHeight;
}
