// Two uploaders that wait for an hour: one for new rows, one to try again. The first alone keeps no process alive; finish() does.
import { Uploader, UploadError } from "@snapfit/logging";

const hour = { firstMs: 3_600_000, capMs: 3_600_000, jitter: 0 };
new Uploader({ send: async () => "idle" }, { policy: hour, idleMs: 3_600_000 });
console.log("idle");
process.once("beforeExit", () => {
  console.log("end of the program");
  const retrying = new Uploader(
    { send: () => Promise.reject(new UploadError("busy", { retryAfterMs: 3_600_000 })) },
    { policy: hour, idleMs: 1 },
  );
  void retrying.finish(20).then((end) => console.log(`retrying: ${end}`));
});
