package streetscene;

import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import java.io.IOException;
import java.util.List;

/**
 * Starts an in-memory server on a free port of this machine, prints its URL, and ends when its input closes, so that
 * it never outlives the tests that started it.
 *
 * <p>It announces itself as 4.4 (wire version 9): current drivers refuse the 8 of the newest version that the library
 * knows by name. What it can do does not change by that; the contract tests show that it is enough for the store.
 */
public final class Server {

    private static final MongoVersion ANNOUNCED = new MongoVersion() {
        @Override
        public List<Integer> getVersionArray() {
            return List.of(4, 4, 0);
        }

        @Override
        public int getWireVersion() {
            return 9;
        }
    };

    /**
     * Answers one command after another. The library's own backend answers several at once, and then now and then fails
     * with a null pointer ("Unknown error: null") where two clients touch a collection for the first time.
     */
    private static final class OneAtATime extends MemoryBackend {

        @Override
        public synchronized Document handleMessage(MongoMessage message) {
            return super.handleMessage(message);
        }
    }

    private Server() {
    }

    public static void main(String[] arguments) throws IOException {
        MemoryBackend backend = new OneAtATime();
        backend.version(ANNOUNCED);
        MongoServer server = new MongoServer(backend);
        server.bind();
        System.out.println("mongodb://127.0.0.1:" + server.getLocalAddress().getPort());
        System.out.flush();
        while (System.in.read() != -1) {
            // Wait until whoever started this is gone.
        }
        server.shutdownNow();
        System.exit(0);
    }
}
