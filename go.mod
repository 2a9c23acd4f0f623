module gop

go 1.26.0

require (
	github.com/alecthomas/kong v1.17.0
	github.com/asticode/go-astiav v0.39.0
	github.com/gorilla/mux v1.8.1
	github.com/maypok86/otter/v2 v2.4.0
	github.com/rs/cors v1.11.1
	golang.org/x/sync v0.24.0
)

require (
	github.com/asticode/go-astikit v0.42.0 // indirect
	github.com/getkin/kin-openapi v0.152.0 // indirect
)
