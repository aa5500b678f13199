export { parseRetryAfter, retryDelayMs, type RetryPolicy } from "./retry-delay.js";
export { isTimedName, rowText, type Row } from "./row-text.js";
export { sendRequest, type UploadAnswer, type UploadRequest } from "./send-request.js";
export { ThroughputMeter } from "./throughput-meter.js";
export { UploadError } from "./upload-error.js";
export { Uploader, type UploadClock, type UploadEnd, type UploaderOptions, type UploadSource } from "./uploader.js";
