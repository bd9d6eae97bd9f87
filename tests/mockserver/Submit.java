import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** Submits once with the client's defaults and once in each version that this JDK's client offers. */
public class Submit {
    public static void main(String[] words) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(words[0]))
            .header("Authorization", "Bearer sk-x")
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"doubao-seedream-5-0\",\"prompt\":\"A kite\"}"))
            .build();
        System.out.println("default " + status(HttpClient.newHttpClient(), request));
        for (var version : new HttpClient.Version[] {HttpClient.Version.HTTP_1_1, HttpClient.Version.HTTP_2}) {
            System.out.println(version + " " + status(HttpClient.newBuilder().version(version).build(), request));
        }
    }

    private static int status(HttpClient client, HttpRequest request) throws Exception {
        return client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
    }
}
