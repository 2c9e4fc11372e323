// Remembered devices, with Amplify in Chromium.
import { devices } from '../js/flows/devices.mjs';
import { open } from './chromium.mjs';

devices(open);
