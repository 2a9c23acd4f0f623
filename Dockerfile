# The container image: docker build -t gop .
# scripts/image-test builds and tests it without a Docker engine.

FROM golang:1.26-bookworm AS ffmpeg
# Path of FFmpeg's source archive in the build context; it is downloaded if this is empty.
ARG GOP_FFMPEG_TARBALL
WORKDIR /src
# Only these files affect FFmpeg, so a change of gop's code does not rebuild it.
COPY go.mod ${GOP_FFMPEG_TARBALL:-go.mod} ./
COPY scripts/setup scripts/lib.sh scripts/env scripts/ffmpeg.flags scripts/
RUN scripts/setup

FROM ffmpeg AS build
COPY go.sum ./
RUN go mod download
COPY . .
RUN bash -c '. scripts/env && go build -trimpath -o /gop ./cmd/gop'

FROM debian:bookworm-slim
# FFmpeg is linked statically, these dynamically.
RUN apt-get update \
	&& apt-get install -y --no-install-recommends libdav1d6 libwebp7 libwebpmux3 libx264-164 \
	&& rm -rf /var/lib/apt/lists/*
COPY --from=build /gop /usr/local/bin/gop
# Any user works: gop reads only the videos. It keeps indexes in /state if it can write there.
RUN install -d -o 65532 -g 65532 -m 0700 /state
USER 65532:65532
ENV GOP_ADDR=0.0.0.0:8080 GOP_DIR=/videos GOP_STATE_DIR=/state
VOLUME /videos /state
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=6s --start-period=2s CMD ["gop", "health"]
ENTRYPOINT ["gop"]
CMD ["serve"]
