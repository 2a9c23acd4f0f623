// Error messages of the server, for display.

// messageOf returns the message of an error response as a sentence.
export async function messageOf(response) {
	const { detail, title } = await response.json().catch(() => ({}));
	const message = detail || title || `The server responded with status ${response.status}`;
	return message[0].toUpperCase() + message.slice(1) + ".";
}

// explainURL requests a URL that the browser could not play, and returns the reason as a sentence.
export async function explainURL(url) {
	try {
		const response = await fetch(url);
		if (!response.ok) return await messageOf(response);
		await response.body.cancel();
		return "This browser cannot play the video.";
	} catch {
		return "The server did not respond.";
	}
}
