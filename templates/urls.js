// addParameters adds query parameters to a URL. It keeps the parameters that the URL has, such as a
// signature. The parameters codec, expires and signature come last.
export function addParameters(url, parameters) {
	const [path, query = ""] = url.split("?");
	const own = query.split("&").filter(Boolean);
	const isLast = parameter => /^(codec|expires|signature)=/.test(parameter);
	const all = [...own.filter(parameter => !isLast(parameter)), ...parameters, ...own.filter(isLast)];
	return all.length > 0 ? path + "?" + all.join("&") : path;
}
