// The filter panel of the player. Its filters apply to every GOP that is opened while the panel is open.

import { showCrop } from "./crop.js";
import { isDefault, segmentParameters } from "./filter-parameters.js";
import { currentCell, explainFailure, hideError, play, showPreview, unfilteredURL } from "./playback.js";
import {
	copyButton, downloadLink, filterActions, filterForm, filterPanel, player, preview, statusText, urlField,
	video,
} from "./player-elements.js";
import { cancelPreview, schedulePreview } from "./preview.js";
import { addParameters, withoutVersion } from "./urls.js";

const fields = [...filterForm.querySelectorAll(".field")];
const controlsOf = field => [...field.querySelectorAll("input, select")];

// applyFilters updates the player after a change of the filters or the GOP. It reports whether a preview will
// cover the video.
export function applyFilters() {
	cancelPreview();
	updateControls();
	const parameters = segmentParameters();
	downloadLink.href = addParameters(currentCell.querySelector("a.download").href, parameters);
	urlField.value = withoutVersion(downloadLink.href);
	filterActions.hidden = !filterPanel.open;
	if (filterPanel.open) showCrop();
	if (parameters.length > 0) {
		hideError();
		video.pause();
		schedulePreview();
		return true;
	}
	showPreview(false);
	if (video.src !== unfilteredURL()) video.src = unfilteredURL();
	explainFailure();
	return false;
}

function updateControls() {
	const { gray, saturation, width, height, fit } = filterForm.elements;
	saturation.disabled = gray.checked; // the server accepts only one of them
	fit.disabled = !width.value || !height.value;
	for (const field of fields) {
		const controls = controlsOf(field), [control] = controls;
		const output = field.querySelector("output");
		field.querySelector(".reset").hidden = controls.every(isDefault);
		if (!output) continue;
		const { defaultText, unit = "" } = control.dataset;
		output.textContent = isDefault(control) && defaultText || control.value + unit;
	}
}

for (const field of fields) {
	const label = field.querySelector("legend, label");
	const button = document.createElement("button");
	button.type = "button";
	button.className = "reset";
	button.textContent = "Reset";
	button.setAttribute("aria-label", "Reset " + label.textContent.toLowerCase());
	button.addEventListener("click", () => {
		const controls = controlsOf(field);
		for (const control of controls) {
			if (control.type === "checkbox") control.checked = false;
			else control.value = control.defaultValue ?? "";
		}
		controls[0].focus(); // hiding the button would lose the focus
		applyFilters();
	});
	label.after(button);
}
filterForm.addEventListener("input", applyFilters);
filterForm.addEventListener("reset", () => setTimeout(applyFilters)); // the event comes before the reset
filterPanel.addEventListener("toggle", () => { if (player.open) applyFilters(); });
filterForm.addEventListener("submit", event => {
	event.preventDefault();
	cancelPreview();
	const parameters = segmentParameters();
	play(parameters.length > 0 ? addParameters(unfilteredURL(), parameters) : unfilteredURL());
	if (parameters.length > 0) statusText.textContent = "Transcoding …";
});
for (const type of ["loadeddata", "error"])
	video.addEventListener(type, () => { if (preview.hidden) statusText.textContent = ""; });
copyButton.addEventListener("click", async () => {
	urlField.select();
	try {
		await navigator.clipboard.writeText(urlField.value);
		statusText.textContent = "Copied";
	} catch {
		statusText.textContent = "Selected; press Ctrl+C or ⌘C to copy";
	}
});
