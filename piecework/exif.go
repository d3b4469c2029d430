package piecework

import (
	"bytes"
	"encoding/binary"
)

// orientation is how the camera held a JPEG, 1 to 8, as its Exif block says it (tag 0x0112 of the first directory, Exif 2.3 §4.6.4);
// 1 is upright and the answer whenever nothing is said or it cannot be read.
func orientation(file []byte) int {
	const upright = 1
	if len(file) < 2 || file[0] != 0xFF || file[1] != 0xD8 {
		return upright
	}
	for rest := file[2:]; len(rest) >= 4 && rest[0] == 0xFF && rest[1] != 0xDA; {
		size := int(binary.BigEndian.Uint16(rest[2:])) // with its own two bytes, without the marker
		if size < 2 || len(rest) < 2+size {
			return upright
		}
		if tiff, ok := bytes.CutPrefix(rest[4:2+size], []byte("Exif\x00\x00")); ok && rest[1] == 0xE1 {
			return max(upright, tiffOrientation(tiff))
		}
		rest = rest[2+size:]
	}
	return upright
}

// tiffOrientation is the orientation in a TIFF block, 0 when there is none.
func tiffOrientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.BigEndian
	if string(tiff[:2]) == "II" {
		order = binary.LittleEndian
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 0
	}
	const entry, tag = 12, 0x0112
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < entry {
			return 0
		}
		if order.Uint16(entries) == tag {
			return int(order.Uint16(entries[8:]))
		}
		entries = entries[entry:]
	}
	return 0
}
