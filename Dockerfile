# gop in a container: docker build -t gop .
# scripts/image-test builds and tries it without a Docker engine.

FROM golang:1.26-bookworm AS ffmpeg
# FFmpeg's source, where it lies beside this file; else it is downloaded.
ARG GOP_FFMPEG_TARBALL
WORKDIR /src
# FFmpeg depends on these alone, so that a change of gop's own code does not build it anew.
COPY go.mod ${GOP_FFMPEG_TARBALL:-go.mod} ./
COPY scripts/setup scripts/lib.sh scripts/env scripts/ffmpeg.flags scripts/
RUN scripts/setup

FROM ffmpeg AS build
COPY go.sum ./
RUN go mod download
COPY . .
RUN bash -c '. scripts/env && go build -trimpath -o /gop ./cmd/gop'

FROM debian:bookworm-slim
# FFmpeg is inside of the program; these two it links to.
RUN apt-get update \
	&& apt-get install -y --no-install-recommends libdav1d6 libx264-164 \
	&& rm -rf /var/lib/apt/lists/*
COPY --from=build /gop /usr/local/bin/gop
# Any user will do: gop writes nothing, and reads the videos alone.
USER 65532:65532
ENV GOP_ADDR=0.0.0.0:8080 GOP_DIR=/videos
VOLUME /videos
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=6s --start-period=2s CMD ["gop", "health"]
ENTRYPOINT ["gop"]
CMD ["serve"]
