// Leonardo's own TypeScript client against whatever listens at a base URL: every operation that the
// client has, from a job's request to its files. Prints one JSON object: what was seen, by operation.
//
//   node typescript_client.mjs <folder with node_modules> <base URL> <key> <film: 1 or 0>

import { createRequire } from "node:module";
import { join } from "node:path";

const [folder, serverURL, bearerAuth, film] = process.argv.slice(2);
const { Leonardo } = createRequire(join(folder, "package.json"))("@leonardo-ai/sdk");
const leonardo = new Leonardo({ bearerAuth, serverURL });

/** What each operation gave: its status, or the name, status and body of its error. */
const seen = {};

/** Call an operation, note what it gave, and return its object. */
async function call(name, ...request) {
  const [desk, operation] = name.split(" ")[0].split(".");
  try {
    const answer = await leonardo[desk][operation](...request);
    seen[name] = answer.statusCode;
    return answer.object;
  } catch (error) {
    // an answer that the client cannot read has status 200, and only its text says what was wrong
    const said = error.statusCode === 200 || !error.body ? String(error) : error.body;
    seen[name] = `${error.name} ${error.statusCode ?? ""}: ${said}`;
    return null;
  }
}

/** Look until *read* finds something that is over, as a program would; return every state seen. */
async function wait(name, id, read) {
  const states = [];
  for (;;) {
    const row = read(await call(name, id));
    states.push(row ? row.status : "absent");
    if (row?.status === "COMPLETE" || row?.status === "FAILED" || states.length > 400) {
      return { row, states };
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

const generation = (it) => it?.generationsByPk;
const variation = (it) => it?.generatedImageVariationGeneric?.[0];
const motion = (it) => it?.generatedImageVariationMotion?.[0];

/** Post a presigned form as the guide shows: fields first, the file last, no key. */
async function send(name, url, fields, file) {
  const form = new FormData();
  for (const [field, value] of Object.entries(JSON.parse(fields))) form.append(field, value);
  form.append("file", file);
  const answer = await fetch(url, { method: "POST", body: form });
  seen[name] = `${answer.status} ${JSON.stringify(await answer.text())}`;
}

async function fetched(name, url) {
  const answer = await fetch(url);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  seen[name] = `${answer.status} ${answer.headers.get("content-type")}`;
  return new Blob([bytes]);
}

// -- account, catalogue, prices, prompts

const me = await call("user.getUserSelf");
const user = me.userDetails[0].user.id;
const models = await call("models.listPlatformModels");
seen.models = models.customModels.length > 20;
const elements = await call("elements.listElements");
await call("elements.getCustomElementsByUserId", user);
await call("elements.getElementById", 7);
await call("elements.deleteElementById", 7);
const image512 = { imageHeight: 512, imageWidth: 512, numImages: 4 };
const price = await call("pricingCalculator.pricingCalculator", {
  service: "IMAGE_GENERATION",
  serviceParams: {
    imageGeneration: {
      ...image512,
      inferenceSteps: 15,
      alchemyMode: true,
      highResolution: false,
      isSDXLLightning: true,
    },
  },
});
seen.price = price?.calculateProductionApiServiceCost?.cost;
for (const [service, serviceParams] of Object.entries({
  FANTASY_AVATAR_GENERATION: { fantasyAvatarGeneration: image512 },
  MOTION_SVD_GENERATION: { motionSvdGeneration: {} },
  MOTION_VIDEO_GENERATION: { motionVideoGeneration: { resolution: "RESOLUTION_480" } },
  LCM_GENERATION: { lcmGeneration: { width: 512, height: 512 } },
  MODEL_TRAINING: { modelTraining: { resolution: 512 } },
  TEXTURE_GENERATION: { textureGeneration: { preview: true } },
  UNIVERSAL_UPSCALER: { universalUpscaler: { megapixel: 7 } },
  UNIVERSAL_UPSCALER_ULTRA: {
    universalUpscalerUltra: { inputWidth: 2000, inputHeight: 2000, upscaleMultiplier: 2 },
  },
})) {
  await call(`pricingCalculator.pricingCalculator ${service}`, { service, serviceParams });
}
const better = await call("prompt.promptImprove", { prompt: "a fox" });
await call("prompt.promptRandom");
seen.prompt = better.promptGeneration.prompt.includes("fox");

// -- an image: the client's own defaults, then small ones

const plain = await call("image.createGeneration", { prompt: "hi" });
const one = plain.sdGenerationJob;
seen.acknowledged = [typeof one.apiCreditCost, typeof one.cost.amount, one.cost.unit];
const small = { prompt: "a fox", width: 64, height: 64, numImages: 2 };
const rich = await call("image.createGeneration small", {
  ...small,
  seed: 7,
  guidanceScale: 7.5,
  elements: [{ akUUID: elements.loras[0].akUUID, weight: 0.5 }],
});
const made = await wait("image.getGenerationById", rich.sdGenerationJob.generationId, generation);
seen.images = made.states;
seen.image = [made.row.generatedImages.length, made.row.seed, made.row.imageWidth];
const image = made.row.generatedImages[0];
await fetched("image file", image.url);
const listed = await call("image.getGenerationsByUserId", user, 5, 0);
seen.listed = listed.generations.length;

// -- uploads: an image, a canvas with its mask, a film

const announced = await call("initImages.uploadInitImage", { extension: "jpg" });
const upload = announced.uploadInitImage;
const picture = await fetched("image file again", image.url);
await send("init image form", upload.url, upload.fields, picture);
const arrived = await call("initImages.getInitImageById", upload.id);
await fetched("init image file", arrived.initImagesByPk.url);
const canvas = (
  await call("initImages.uploadCanvasInitImage", { initExtension: "jpg", maskExtension: "jpg" })
).uploadCanvasInitImage;
await send("canvas form", canvas.initUrl, canvas.initFields, picture);
await send("mask form", canvas.maskUrl, canvas.maskFields, picture);
const guided = await call("image.createGeneration guided", {
  ...small,
  initImageId: upload.id,
  initStrength: 0.4,
  numImages: 1,
});
const after = await wait(
  "image.getGenerationById guided",
  guided?.sdGenerationJob.generationId,
  generation,
);
seen.guided = after.states.at(-1);
const painted = await call("image.createGeneration inpainted", {
  prompt: "a hat",
  width: 64,
  height: 64,
  numImages: 1,
  alchemy: false,
  presetStyle: "NONE",
  modelId: "ac614f96-1082-45bf-be9d-757f2d31c174",
  canvasRequest: true,
  canvasRequestType: "INPAINT",
  canvasInitId: canvas.initImageId,
  canvasMaskId: canvas.maskImageId,
  initStrength: 0.4,
});
seen.inpainted = Boolean(painted?.sdGenerationJob.generationId);
const media = (await call("media.uploadMedia", { extension: "mp4" })).uploadMedia;
await call("media.getUploadedMediaById pending", media.uploadId);
await send("media form", media.url, media.fields, new Blob(["simulated film"]));
const kept = await call("media.getUploadedMediaById", media.uploadId);
seen.media = kept.uploadedMediaByPk?.status;
await call("media.deleteUploadedMediaById", media.uploadId);

// -- variations

const desk = "variation.";
const jobs = {
  upscale: (await call(`${desk}createVariationUpscale`, { id: image.id }))?.sdUpscaleJob,
  unzoom: (await call(`${desk}createVariationUnzoom`, { id: image.id, isVariation: false }))
    ?.sdUnzoomJob,
  nobg: (await call(`${desk}createVariationNoBG`, { id: image.id, isVariation: false }))?.sdNobgJob,
  universal: (await call(`${desk}createUniversalUpscalerJob`, { generatedImageId: image.id }))
    ?.universalUpscaler,
  ultra: (
    await call(`${desk}createUniversalUpscalerJob ultra`, {
      generatedImageId: image.id,
      ultraUpscaleStyle: "REALISTIC",
      upscalerStyle: null,
      detailContrast: 3,
    })
  )?.universalUpscaler,
};
for (const [how, job] of Object.entries(jobs)) {
  const { row, states } = await wait(`${desk}getVariationById ${how}`, job?.id, variation);
  seen[how] = [states[0], row?.status, row?.transformType];
  if (row?.url) await fetched(`${how} file`, row.url);
}
const again = await call(`${desk}createVariationNoBG of a variation`, {
  id: jobs.upscale?.id,
  isVariation: true,
});
seen.again = Boolean(again?.sdNobgJob.id);

// -- videos; the client's own defaults name eight seconds, whatever the model

if (film === "1") {
  const clips = {
    text: await call("motion.createTextToVideoGeneration", { prompt: "a fox" }),
    image: await call("motion.createImageToVideoGeneration", {
      prompt: "it turns its head",
      imageId: image.id,
      imageType: "GENERATED",
    }),
  };
  let clip = "";
  for (const [how, answer] of Object.entries(clips)) {
    const id = answer?.motionVideoGenerationJob.generationId;
    const { row, states } = await wait(`image.getGenerationById ${how} to video`, id, generation);
    seen[`${how} to video`] = [states[0], row?.status];
    if (row?.generatedImages?.[0]) {
      await fetched(`${how} to video file`, row.generatedImages[0].motionMp4URL);
      clip = id;
    }
  }
  const larger = await call("motion.createVideoUpscale", {
    sourceGenerationId: clip,
    resolution: "RESOLUTION_720",
  });
  const { row, states } = await wait(
    `${desk}getMotionVariationById`,
    larger?.motionVideoGenerationJob.variationId,
    motion,
  );
  seen["video upscale"] = [states[0], row?.status, row?.motionTransformType];
  if (row?.url) await fetched("video upscale file", row.url);
  const moved = await call("motion.createSVDMotionGeneration", { imageId: image.id });
  const still = moved?.motionSvdGenerationJob.generationId;
  const moving = await wait("image.getGenerationById motion", still, generation);
  seen.motion = [moving.states[0], moving.row?.status];
}

// -- taking away

await call("initImages.deleteInitImageById", upload.id);
await call("image.deleteGenerationById", made.row.id);
const gone = await call("image.getGenerationById deleted", made.row.id);
seen.gone = gone?.generationsByPk ?? null;
const twice = await call("image.deleteGenerationById again", made.row.id);
seen.twice = twice?.deleteGenerationsByPk ?? null;
await call("image.createGeneration refused", { ...small, width: 60 });

// -- what is not simulated says so

const nobody = "9d8a6c9e-5f0b-4a8e-9a39-3d1f0f6f7a11";
const canvasImage = { imageDataUrl: "data:image/jpeg;base64,", prompt: "a fox" };
await call("dataset.createDataset", { name: "foxes" });
await call("dataset.getDatasetById", nobody);
await call("dataset.deleteDatasetById", nobody);
await call("dataset.uploadDatasetImage", { extension: "png" }, nobody);
await call("dataset.uploadDatasetImageFromGen", { generatedImageId: image.id }, nobody);
await call("models.createModel", { name: "f", datasetId: nobody, instancePrompt: "f" });
await call("models.getModelById", nobody);
await call("models.deleteModelById", nobody);
await call("models.getCustomModelsByUserId", user);
await call("elements.createElement", {
  name: "f",
  datasetId: nobody,
  loraFocus: "General",
  trainTextEncoder: true,
  sdVersion: "FLUX_DEV",
  numTrainEpochs: 1,
  learningRate: 0.1,
});
await call("realtimeCanvas.createLCMGeneration", canvasImage);
await call("realtimeCanvas.performInstantRefine", canvasImage);
await call("realtimeCanvas.performAlchemyUpscaleLCM", canvasImage);
await call("realtimeCanvas.performInpaintingLCM", { ...canvasImage, maskDataUrl: "data:" });
await call("blueprints.executeBlueprint", {
  blueprintVersionId: nobody,
  input: { nodeInputs: [], public: false },
});
await call("blueprints.getBlueprintById", nobody);
await call("blueprints.getBlueprintVersionsByBlueprintId", nobody);
await call("blueprints.getBlueprintExecution", nobody);
await call("blueprints.getBlueprintExecutionGenerations", nobody);
await call("threeDModelAssets.uploadModelAsset", { name: "f", modelExtension: "obj" });
await call("threeDModelAssets.delete3DModelById", nobody);

// -- which of the client's operations nobody called

const ours = new Set(Object.keys(seen).map((name) => name.split(" ")[0]));
seen.forgotten = Object.getOwnPropertyNames(Object.getPrototypeOf(leonardo))
  .filter((name) => name !== "constructor")
  .flatMap((name) =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(leonardo[name]))
      .filter((operation) => operation !== "constructor" && !operation.startsWith("_"))
      .map((operation) => `${name}.${operation}`),
  )
  .filter((name) => !ours.has(name));
console.log(JSON.stringify(seen, null, 1));
