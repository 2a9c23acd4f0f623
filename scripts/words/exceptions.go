package main

// exception excuses the findings of a word in the files that match path, as path.Match has it.
type exception struct {
	path, word, reason string
}

var exceptions = []exception{
	{"CHANGELOG.md", "read ahead", "names the old option"},
	{"CHANGELOG.md", "encodes", "names the old option"},
	{"docs/operations.md", "encodes", "metric name gop_encodes_*"},
	{"cmd/gop/metrics.go", "encodes", "metric name gop_encodes_*"},
	{"cmd/gop/metrics.go", "jobs", "metric name gop_jobs_*"},
	{"cmd/gop/metrics_test.go", "encodes", "metric name gop_encodes_*"},
	{"cmd/gop/metrics_test.go", "jobs", "metric name gop_jobs_*"},
}
