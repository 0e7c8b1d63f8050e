import { Problem } from "./api";
import { say } from "./words";

const LONGEST_SIDE = 1600;
const PHOTO_QUALITY = 0.82;

/** A photo no larger than a page needs, so that a weak network can carry it; the camera's notes stay behind. */
export async function smaller(file: File): Promise<Blob> {
  const image = await createImageBitmap(file).catch(() => {
    throw new Problem({
      code: "PHOTO_UNREADABLE",
      status: 422,
      detail: say(`“${file.name}”不是能读取的照片`, `“${file.name}” is no photo that can be read`),
      how_to_fix: { zh: "请直接拍照，或选择 JPG、PNG 格式的照片", en: "take a photo, or choose a JPEG or PNG" },
    });
  });
  const by = Math.min(1, LONGEST_SIDE / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(image.width * by);
  canvas.height = Math.round(image.height * by);
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob ?? file), "image/jpeg", PHOTO_QUALITY));
}
