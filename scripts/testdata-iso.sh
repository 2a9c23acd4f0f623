# The function iso of scripts/testdata, which sources this file.
# shellcheck shell=bash disable=SC2154 # scripts/testdata sets the variables

# Kinds of mp4, mov and fragmented mp4 that cameras, packagers and other muxers write.
# shellcheck disable=SC2046,SC2086
iso() {
	# A sample aspect ratio of the container that differs from the codec's.
	make container-aspect.mp4 -i "$out/h264-bframes.mp4" -t 2 -c copy -aspect 4:3
	make container-aspect.mkv -i "$out/h264-bframes.mp4" -t 2 -c copy -aspect 4:3
	# An audio track without samples, alone and before another.
	ffmpeg -v error -nostdin -y -i "$out/h264-aac.mp4" -t 2 -c copy -fflags +bitexact "$work/plain.mp4"
	craft drop-audio "$work/plain.mp4" "$out/empty-audio.mp4"
	ffmpeg -v error -nostdin -y -i "$out/h264-aac.mp4" -t 1 -map 0:v -map 0:a -map 0:a -c copy \
		-fflags +bitexact "$work/two.mp4"
	craft drop-audio "$work/two.mp4" "$out/empty-first-audio.mp4"
	# A segment index before each fragment; an initialization segment and the segments of two recordings, so
	# that the clock restarts.
	make sidx-per-fragment.mp4 -i "$out/h264-bframes-aac.mp4" -t 1.8 -c copy -movflags +dash+frag_keyframe
	local part hls="-c copy -f hls -hls_time 1 -hls_segment_type fmp4 -hls_list_size 0 -fflags +bitexact"
	ffmpeg -v error -nostdin -y $(video) -f lavfi -i sine=f=880:r=48000 -t 2 $x264 -bf 3 $aac -vf hue=h=90 \
		-fflags +bitexact "$work/second.mp4"
	for part in first second; do
		local from=$out/h264-bframes-aac.mp4
		[ $part = first ] || from=$work/second.mp4
		ffmpeg -v error -nostdin -y -i "$from" -t 1.8 $hls -hls_fmp4_init_filename "$part.init" \
			-hls_segment_filename "$work/$part-%d.m4s" "$work/$part.m3u8"
	done
	cat "$work/first.init" "$work"/first-?.m4s "$work"/second-?.m4s >"$out/clock-restart.mp4"
	# A hole in the audio, from 0.85 to 2.35 s.
	make audio-hole.mp4 -i "$out/h264-aac.mp4" -c copy -bsf:a "noise=drop=between(n\,40\,109)"
	# Edit lists that present a part: of the second and the third of four GOPs; of three parts after an empty
	# edit; all video, but only a part of the audio.
	ffmpeg -v error -nostdin -y -i "$out/h264-bframes-aac.mp4" -c copy -fflags +bitexact "$work/edit.mp4"
	craft edits "$work/edit.mp4" "$work/part.mp4" vide 1.5-2.72
	craft edits "$work/part.mp4" "$out/edit-list-part.mp4" soun 1.5-2.72
	craft edits "$work/edit.mp4" "$work/parts.mp4" vide EMPTY:0.2 0.32-1.2 3.12-3.52 2-3
	craft edits "$work/parts.mp4" "$out/edit-list-parts.mp4" soun EMPTY:0.2 0.32-1.2 3.12-3.52 2-3
	craft edits "$work/edit.mp4" "$out/edit-list-audio.mp4" soun EMPTY:0.5 0.5-2.5
	# MV-HEVC, by its boxes; VP9 4:4:0, which mp4 cannot describe.
	ffmpeg -v error -nostdin -y -i "$out/hevc.mp4" -map 0:v -t 1 -c copy -fflags +bitexact "$work/layer.mp4"
	craft add-layer "$work/layer.mp4" "$out/mv-hevc.mp4"
	make transcoded/vp9-440.webm $(video 96x64) -t 1 -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -crf 50 \
		-b:v 0 -g 13 -pix_fmt yuv440p
	# A display matrix that mirrors.
	ffmpeg -v error -nostdin -y -i "$out/h264-bframes.mp4" -frames:v 25 -c copy -fflags +bitexact \
		"$work/upright.mp4"
	craft matrix "$work/upright.mp4" "$out/mirrored.mp4" 0 1 1 0
}
