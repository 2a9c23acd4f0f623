// The elements of the player dialog.

export const player = document.querySelector("dialog.player");

const find = selector => player.querySelector(selector);

export const title = find("h2");
export const gopText = find(".gop-text");
export const video = find("video");
export const preview = find(".preview");
export const errorBox = find(".error");
export const errorText = find(".error span");
export const transcodeButton = find(".transcode");

export const filterPanel = find(".filter-panel");
export const filterForm = find(".filters");
export const filterActions = find(".filter-actions");
export const urlField = find(".url");
export const copyButton = find(".copy");
export const statusText = find(".status");
export const cropFrame = find(".crop-frame");
export const cropArea = find(".crop-area");

export const previousButton = find(".previous");
export const nextButton = find(".next");
export const downloadLink = find(".download");
export const gopLink = find(".link");
export const closeButton = find(".close");
