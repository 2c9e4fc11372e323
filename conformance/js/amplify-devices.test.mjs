// Remembered devices with Amplify in Node.js.
import { open } from './amplify.mjs';
import { devices } from './flows/devices.mjs';

devices(open);
