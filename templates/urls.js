// addParameters adds query parameters to a URL. It keeps the parameters that the URL has, such as a
// signature. The parameters codec, v, expires and signature come last.
export function addParameters(url, parameters) {
	const [path, query = ""] = url.split("?");
	const own = query.split("&").filter(Boolean);
	const isLast = parameter => /^(codec|v|expires|signature)=/.test(parameter);
	const all = [...own.filter(parameter => !isLast(parameter)), ...parameters, ...own.filter(isLast)];
	return all.length > 0 ? path + "?" + all.join("&") : path;
}

// withoutVersion returns a URL that leads to the current version of the video, for use on other pages.
export const withoutVersion = url => url.replace(/([?&])v=[^&]*&?/, "$1").replace(/[?&]$/, "");
