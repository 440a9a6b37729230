// Which characters are shown as they are. Fixed lists, never \p{...}: what a runtime holds for assigned changes with
// its Unicode version, and a browser, a server and an auditor years later must render the same bytes. A character
// that is missing here is escaped, which costs legibility and nothing else; adding one is a new renderer version.
// Each list is the inside of a character class. Taken from Unicode 14: letters that are in NFC (and for the first
// four alphabets in NFKC too), without those that pass for another letter of the same alphabet.

/** Latin letters beyond ASCII: a base letter with a diacritic, and the letters of European languages. */
export const LATIN: string =
  '\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u0130\\u0134-\\u0137\\u0139-\\u013e\\u0141-\\u0148\\u014a-\\u017e' +
  '\\u018f\\u01a0\\u01a1\\u01af\\u01b0\\u01cd-\\u01dc\\u01de-\\u01e3\\u01e6-\\u01f0\\u01f4\\u01f5\\u01f8-\\u021b' +
  '\\u021e\\u021f\\u0226-\\u0233\\u1e00-\\u1e99\\u1e9e\\u1ea0-\\u1ef9';

/** Monotonic Greek. */
export const GREEK: string = '\\u0386\\u0388-\\u038a\\u038c\\u038e-\\u03a1\\u03a3-\\u03ce';

/** Cyrillic of the living languages. */
export const CYRILLIC: string = '\\u0400-\\u0481\\u048a-\\u04ff';

/** Armenian. */
export const ARMENIAN: string = '\\u0531-\\u0556\\u0559\\u0560-\\u0586';

/** Georgian, Mkhedruli. */
export const GEORGIAN: string = '\\u10d0-\\u10f0';

/** Alphabets that write vowels and tones as marks: letters with their own marks, digits left out. */
export const MARKED_ALPHABETS: readonly string[] = [
  // Devanagari
  '\\u0900-\\u0957\\u0960-\\u0963\\u0971-\\u097f',
  // Bengali
  '\\u0980-\\u0983\\u0985-\\u098c\\u098f\\u0990\\u0993-\\u09a8\\u09aa-\\u09b0\\u09b2\\u09b6-\\u09b9' +
    '\\u09bc-\\u09c4\\u09c7\\u09c8\\u09cb-\\u09ce\\u09d7\\u09e0-\\u09e3\\u09f0\\u09f1\\u09fc\\u09fe',
  // Gurmukhi
  '\\u0a01-\\u0a03\\u0a05-\\u0a0a\\u0a0f\\u0a10\\u0a13-\\u0a28\\u0a2a-\\u0a30\\u0a32\\u0a35\\u0a38\\u0a39' +
    '\\u0a3c\\u0a3e-\\u0a42\\u0a47\\u0a48\\u0a4b-\\u0a4d\\u0a51\\u0a5c\\u0a70-\\u0a75',
  // Gujarati
  '\\u0a81-\\u0a83\\u0a85-\\u0a8d\\u0a8f-\\u0a91\\u0a93-\\u0aa8\\u0aaa-\\u0ab0\\u0ab2\\u0ab3\\u0ab5-\\u0ab9' +
    '\\u0abc-\\u0ac5\\u0ac7-\\u0ac9\\u0acb-\\u0acd\\u0ad0\\u0ae0-\\u0ae3\\u0af9-\\u0aff',
  // Oriya
  '\\u0b01-\\u0b03\\u0b05-\\u0b0c\\u0b0f\\u0b10\\u0b13-\\u0b28\\u0b2a-\\u0b30\\u0b32\\u0b33\\u0b35-\\u0b39' +
    '\\u0b3c-\\u0b44\\u0b47\\u0b48\\u0b4b-\\u0b4d\\u0b55-\\u0b57\\u0b5f-\\u0b63\\u0b71',
  // Tamil
  '\\u0b82\\u0b83\\u0b85-\\u0b8a\\u0b8e-\\u0b90\\u0b92-\\u0b95\\u0b99\\u0b9a\\u0b9c\\u0b9e\\u0b9f' +
    '\\u0ba3\\u0ba4\\u0ba8-\\u0baa\\u0bae-\\u0bb9\\u0bbe-\\u0bc2\\u0bc6-\\u0bc8\\u0bca-\\u0bcd\\u0bd0\\u0bd7',
  // Telugu
  '\\u0c00-\\u0c0c\\u0c0e-\\u0c10\\u0c12-\\u0c28\\u0c2a-\\u0c39\\u0c3c-\\u0c44\\u0c46-\\u0c48' +
    '\\u0c4a-\\u0c4d\\u0c55\\u0c56\\u0c58-\\u0c5a\\u0c5d\\u0c60-\\u0c63',
  // Kannada
  '\\u0c80-\\u0c83\\u0c85-\\u0c8c\\u0c8e-\\u0c90\\u0c92-\\u0ca8\\u0caa-\\u0cb3\\u0cb5-\\u0cb9' +
    '\\u0cbc-\\u0cc4\\u0cc6-\\u0cc8\\u0cca-\\u0ccd\\u0cd5\\u0cd6\\u0cdd\\u0cde\\u0ce0-\\u0ce3\\u0cf1\\u0cf2',
  // Malayalam
  '\\u0d00-\\u0d0c\\u0d0e-\\u0d10\\u0d12-\\u0d44\\u0d46-\\u0d48\\u0d4a-\\u0d4e\\u0d54-\\u0d57' +
    '\\u0d5f-\\u0d63\\u0d7a-\\u0d7f',
  // Sinhala
  '\\u0d81-\\u0d83\\u0d85-\\u0d96\\u0d9a-\\u0db1\\u0db3-\\u0dbb\\u0dbd\\u0dc0-\\u0dc6\\u0dca\\u0dcf-\\u0dd4' +
    '\\u0dd6\\u0dd8-\\u0ddf\\u0df2\\u0df3',
  // Thai
  '\\u0e01-\\u0e3a\\u0e40-\\u0e4e',
  // Lao
  '\\u0e81\\u0e82\\u0e84\\u0e86-\\u0e8a\\u0e8c-\\u0ea3\\u0ea5\\u0ea7-\\u0ebd\\u0ec0-\\u0ec4\\u0ec6' +
    '\\u0ec8-\\u0ecd\\u0edc-\\u0edf',
  // Myanmar
  '\\u1000-\\u103f\\u1050-\\u108f\\u109a-\\u109d',
  // Ethiopic
  '\\u1200-\\u1248\\u124a-\\u124d\\u1250-\\u1256\\u1258\\u125a-\\u125d\\u1260-\\u1288\\u128a-\\u128d' +
    '\\u1290-\\u12b0\\u12b2-\\u12b5\\u12b8-\\u12be\\u12c0\\u12c2-\\u12c5\\u12c8-\\u12d6\\u12d8-\\u1310' +
    '\\u1312-\\u1315\\u1318-\\u135a\\u135d-\\u135f',
  // Khmer
  '\\u1780-\\u17b3\\u17b6-\\u17d3\\u17d7\\u17dc\\u17dd',
];

/** The marks among MARKED_ALPHABETS. */
export const MARKS: string =
  '\\u0900-\\u0903\\u093a-\\u093c\\u093e-\\u094f\\u0951-\\u0957\\u0962\\u0963\\u0981-\\u0983\\u09bc' +
  '\\u09be-\\u09c4\\u09c7\\u09c8\\u09cb-\\u09cd\\u09d7\\u09e2\\u09e3\\u09fe\\u0a01-\\u0a03\\u0a3c\\u0a3e-\\u0a42' +
  '\\u0a47\\u0a48\\u0a4b-\\u0a4d\\u0a51\\u0a70\\u0a71\\u0a75\\u0a81-\\u0a83\\u0abc\\u0abe-\\u0ac5\\u0ac7-\\u0ac9' +
  '\\u0acb-\\u0acd\\u0ae2\\u0ae3\\u0afa-\\u0aff\\u0b01-\\u0b03\\u0b3c\\u0b3e-\\u0b44\\u0b47\\u0b48' +
  '\\u0b4b-\\u0b4d\\u0b55-\\u0b57\\u0b62\\u0b63\\u0b82\\u0bbe-\\u0bc2\\u0bc6-\\u0bc8\\u0bca-\\u0bcd\\u0bd7' +
  '\\u0c00-\\u0c04\\u0c3c\\u0c3e-\\u0c44\\u0c46-\\u0c48\\u0c4a-\\u0c4d\\u0c55\\u0c56\\u0c62\\u0c63' +
  '\\u0c81-\\u0c83\\u0cbc\\u0cbe-\\u0cc4\\u0cc6-\\u0cc8\\u0cca-\\u0ccd\\u0cd5\\u0cd6\\u0ce2\\u0ce3' +
  '\\u0d00-\\u0d03\\u0d3b\\u0d3c\\u0d3e-\\u0d44\\u0d46-\\u0d48\\u0d4a-\\u0d4d\\u0d57\\u0d62\\u0d63' +
  '\\u0d81-\\u0d83\\u0dca\\u0dcf-\\u0dd4\\u0dd6\\u0dd8-\\u0ddf\\u0df2\\u0df3\\u0e31\\u0e34-\\u0e3a' +
  '\\u0e47-\\u0e4e\\u0eb1\\u0eb4-\\u0ebc\\u0ec8-\\u0ecd\\u102b-\\u103e\\u1056-\\u1059\\u105e-\\u1060' +
  '\\u1062-\\u1064\\u1067-\\u106d\\u1071-\\u1074\\u1082-\\u108d\\u108f\\u109a-\\u109d\\u135d-\\u135f' +
  '\\u17b6-\\u17d3\\u17dd';

/** Hebrew letters, without points. */
export const HEBREW: string = '\\u05d0-\\u05ea';

/** Arabic letters, without points and without the tatweel, which only lengthens. */
export const ARABIC: string =
  '\\u0620-\\u063f\\u0641-\\u064a\\u066e\\u066f\\u0671-\\u0674\\u0679-\\u06d3\\u06d5';

/** Han, kana, bopomofo, Hangul syllables; without the strokes that pass for a bar or a slash. */
export const EAST_ASIAN: string =
  '\\u3005-\\u3007\\u3041-\\u3096\\u309d\\u309e\\u30a1-\\u30fa\\u30fc-\\u30fe\\u3105-\\u312f\\u3400-\\u4dbf' +
  '\\u4e00-\\u4e27\\u4e29-\\u4e35\\u4e37-\\u4e3e\\u4e40-\\u9ffc\\uac00-\\ud7a3\\u{20000}-\\u{2a6dd}';

/** Punctuation, currency, arrows, operators, boxes and pictures that pass for no ASCII character. */
export const SYMBOLS: string =
  '\\u00a1-\\u00a5\\u00a7\\u00a9\\u00ab\\u00ac\\u00ae\\u00b0\\u00b1\\u00b6\\u00b7\\u00bb\\u00bf\\u00d7\\u00f7' +
  '\\u060c\\u061b\\u061f\\u0964\\u0965\\u2020-\\u2022\\u2030\\u20a0-\\u20a7\\u20a9-\\u20bf\\u2190-\\u2211' +
  '\\u2213\\u2214\\u221a-\\u2222\\u2224\\u2226-\\u222b\\u222e\\u2231-\\u2235\\u2238-\\u223b\\u223d-\\u22c4' +
  '\\u22c7-\\u22ed\\u22f0-\\u2302\\u2304-\\u2307\\u230c-\\u2328\\u232b-\\u2335\\u237b-\\u2394\\u2396-\\u239a' +
  '\\u23ba-\\u23f3\\u2500-\\u2570\\u2574-\\u2719\\u271b-\\u2757\\u2761-\\u2767\\u2794\\u2798-\\u27bf' +
  '\\u3001\\u3002\\u300a-\\u3011\\u30fb\\u{1f300}-\\u{1f64f}\\u{1f680}-\\u{1f6d7}\\u{1f6dd}-\\u{1f6ec}' +
  '\\u{1f6f0}-\\u{1f6fc}\\u{1f900}-\\u{1f9ff}\\u{1fa70}-\\u{1fa74}\\u{1fa78}-\\u{1fa7c}' +
  '\\u{1fa80}-\\u{1fa86}\\u{1fa90}-\\u{1faac}\\u{1fab0}-\\u{1faba}\\u{1fac0}-\\u{1fac5}' +
  '\\u{1fad0}-\\u{1fad9}\\u{1fae0}-\\u{1fae7}\\u{1faf0}-\\u{1faf6}';

/** Letters of other alphabets that pass for a Latin letter or a digit. */
export const LOOK_ALIKES: string =
  '\\u0391\\u0392\\u0395-\\u0397\\u0399\\u039a\\u039c\\u039d\\u039f\\u03a1\\u03a4\\u03a5\\u03a7\\u03b1\\u03b3' +
  '\\u03b5\\u03b7\\u03b9\\u03ba\\u03bd\\u03bf\\u03c1\\u03c3-\\u03c5\\u03c7\\u03c9\\u0405\\u0406\\u0408\\u0410' +
  '\\u0412\\u0415\\u0417\\u041a\\u041c-\\u041e\\u0420-\\u0423\\u0425\\u042c\\u0430-\\u0433\\u0435\\u0437\\u043a' +
  '\\u043c\\u043e-\\u0443\\u0445\\u044c\\u0455\\u0456\\u0458\\u0475\\u04bb\\u04c0\\u04cf\\u053c\\u0540\\u0548' +
  '\\u054d\\u054f\\u0555\\u0566\\u0570\\u0578\\u057d\\u0581\\u0584\\u0585\\u05d5\\u05df\\u05e1\\u0627\\u0647' +
  '\\u0b20\\u0d20\\u101d\\u12d0';
