import { behinds, describeMatrix } from './matrix.ts';

describeMatrix('http', [behinds('url'), behinds('child')]);
