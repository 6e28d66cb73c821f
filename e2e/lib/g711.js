// G.711 mu-law, written from the recommendation and sharing nothing with the product.

const BIAS = 0x84;
const CLIP = 32_635;

/** @param {number} sample 16 bit @returns {number} one octet */
function encodeSample(sample) {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), CLIP) + BIAS;
  const exponent = 31 - Math.clz32(magnitude) - 7;
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f;
  return ~(sign | (exponent << 4) | mantissa) & 0xff;
}

/** @param {number} octet @returns {number} 16 bit */
function decodeOctet(octet) {
  const value = ~octet & 0xff;
  const exponent = (value >> 4) & 7;
  const magnitude = ((((value & 0x0f) << 3) + BIAS) << exponent) - BIAS;
  return value & 0x80 ? -magnitude : magnitude;
}

const DECODED = Int16Array.from({ length: 256 }, (_, octet) => decodeOctet(octet));

/** @param {Int16Array} samples @returns {Uint8Array} */
export const encode = (samples) => Uint8Array.from(samples, encodeSample);

/** @param {Uint8Array} octets @returns {Int16Array} */
export const decode = (octets) => Int16Array.from(octets, (octet) => DECODED[octet] ?? 0);
