/**
 * gRPC is an optional package: it is loaded when the first Spark session is opened. The service is described
 * by a file of our own, spark/connect.proto, which names only the messages that are used.
 */
import { fileURLToPath } from 'node:url';
import type * as Grpc from '@grpc/grpc-js';
import type * as ProtoLoader from '@grpc/proto-loader';
import { CoppiceError } from '../../base/errors.ts';

/** The two packages. */
export interface GrpcPackages {
  readonly grpc: typeof Grpc;
  readonly loader: typeof ProtoLoader;
}

/** What makes a client of Spark's service. */
export interface SparkService {
  readonly grpc: typeof Grpc;
  readonly Client: Grpc.ServiceClientConstructor;
}

/**
 * The service, once the packages are installed beside this one.
 *
 * @throws CoppiceError `DEPENDENCY_MISSING`
 */
export async function loadSparkService(
  load: () => Promise<GrpcPackages> = loadPackages,
): Promise<SparkService> {
  const { grpc, loader } = await load().catch((cause: unknown) => {
    const isMissing = (cause as { code?: string }).code === 'ERR_MODULE_NOT_FOUND';
    const why = isMissing
      ? 'they are not installed'
      : `they do not load: ${(cause as Error).message}`;
    const message = `Session.spark needs the packages @grpc/grpc-js and @grpc/proto-loader; ${why}. Run: npm install @grpc/grpc-js @grpc/proto-loader`;
    throw new CoppiceError('DEPENDENCY_MISSING', message, { cause });
  });
  const file = fileURLToPath(new URL('../../../spark/connect.proto', import.meta.url));
  const definition = await loader.load(file, {
    keepCase: true,
    longs: Number,
    enums: String,
    defaults: false,
    oneofs: true,
  });
  const found = grpc.loadPackageDefinition(definition) as unknown as {
    spark: { connect: { SparkConnectService: Grpc.ServiceClientConstructor } };
  };
  return { grpc, Client: found.spark.connect.SparkConnectService };
}

async function loadPackages(): Promise<GrpcPackages> {
  const [grpc, loader] = await Promise.all([import('@grpc/grpc-js'), import('@grpc/proto-loader')]);
  return { grpc, loader };
}
