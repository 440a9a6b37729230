import { describeMatrix } from './matrix.ts';

describeMatrix('bridge');
