// What the threads of the benchmark `decode` do with photographs.
import { resize } from "@snapfit/data/images";

export default resize({ size: [224, 224] });
