const maxAttempts = 5; // while the server is busy

// fetchWithRetries fetches a URL, and tries again if the server is busy.
export async function fetchWithRetries(url, signal) {
	for (let attempt = 1; ; attempt++) {
		const response = await fetch(url, { signal });
		if (response.status !== 503 || attempt === maxAttempts) return response;
		await new Promise(resolve => setTimeout(resolve, attempt * 1000));
	}
}
