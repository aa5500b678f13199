/** Pixels as a decoder gives them, row by row: grey, grey and alpha, red, green, blue, or these and alpha. */
export interface RawImage {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 2 | 3 | 4;
  readonly data: Uint8Array;
}

/** Pixels turned as an Exif orientation says; 1 leaves them as they are. */
export function turned(image: RawImage, orientation: number): RawImage {
  if (orientation === 1) return image;
  const { width, height, channels, data } = image;
  // Orientations 5 to 8 swap rows and columns; of the file's columns and rows, some run backwards.
  const isSwapped = orientation >= 5;
  const isMirroredX = [2, 3, 7, 8].includes(orientation);
  const isMirroredY = [3, 4, 6, 7].includes(orientation);
  const [newWidth, newHeight] = isSwapped ? [height, width] : [width, height];
  const out = new Uint8Array(data.length);
  for (let y = 0, to = 0; y < newHeight; y++) {
    for (let x = 0; x < newWidth; x++, to += channels) {
      const column = isSwapped ? y : x;
      const row = isSwapped ? x : y;
      const from = ((isMirroredY ? height - 1 - row : row) * width + (isMirroredX ? width - 1 - column : column)) * channels;
      for (let i = 0; i < channels; i++) out[to + i] = data[from + i]!;
    }
  }
  return { width: newWidth, height: newHeight, channels, data: out };
}

/** Pixels with 1 (grey), 3 (colour) or 4 channels (colour and alpha). */
export function toChannels(image: RawImage, channels: 1 | 3 | 4): RawImage {
  if (image.channels === channels) return image;
  const { width, height, data } = image;
  const numPixels = width * height;
  const out = new Uint8Array(numPixels * channels);
  const isGrey = image.channels < 3;
  const hasAlpha = image.channels % 2 === 0;
  for (let i = 0, from = 0, to = 0; i < numPixels; i++, from += image.channels, to += channels) {
    const r = data[from]!;
    const g = isGrey ? r : data[from + 1]!;
    const b = isGrey ? r : data[from + 2]!;
    if (channels === 1) {
      // Luma of ITU-R BT.601, with weights times 2^16.
      out[to] = isGrey ? r : (19595 * r + 38470 * g + 7471 * b + 32768) >> 16;
      continue;
    }
    out[to] = r;
    out[to + 1] = g;
    out[to + 2] = b;
    if (channels === 4) out[to + 3] = hasAlpha ? data[from + image.channels - 1]! : 255;
  }
  return { width, height, channels, data: out };
}
