import com.sun.management.OperatingSystemMXBean;
import edu.stanford.nlp.ling.CoreLabel;
import edu.stanford.nlp.pipeline.CoreDocument;
import edu.stanford.nlp.pipeline.CoreQuote;
import edu.stanford.nlp.pipeline.StanfordCoreNLP;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/**
 * The quotes that Stanford CoreNLP finds in text files, for tests/bench/peers_corenlp.py.
 *
 * <p>A line a quote: the number of its file among the arguments, then start and end of the quote, of its speaker and of
 * the name that coreference gives the speaker, in UTF-16 code units, -1 for what was not found. The last line holds the
 * seconds of CPU time, of all threads, that the files took after the first was read once.
 */
public class Quotes {
  public static void main(String[] files) throws Exception {
    Properties settings = new Properties();
    settings.setProperty("annotators", "tokenize,pos,lemma,ner,depparse,coref,quote");
    settings.setProperty("ner.applyFineGrained", "false");
    settings.setProperty("ner.applyNumericClassifiers", "false");
    settings.setProperty("ner.useSUTime", "false");
    StanfordCoreNLP annotator = new StanfordCoreNLP(settings);
    annotator.processToCoreDocument(Files.readString(Path.of(files[0])));
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    long started = system.getProcessCpuTime();
    StringBuilder lines = new StringBuilder();
    for (int number = 0; number < files.length; number++) {
      CoreDocument document = annotator.processToCoreDocument(Files.readString(Path.of(files[number])));
      for (CoreQuote quote : document.quotes()) {
        lines.append(number).append(' ').append(quote.quoteCharOffsets().first);
        lines.append(' ').append(quote.quoteCharOffsets().second);
        lines.append(place(quote.speakerTokens())).append(place(quote.canonicalSpeakerTokens())).append('\n');
      }
    }
    System.out.print(lines);
    System.out.println((system.getProcessCpuTime() - started) / 1e9);
  }

  private static String place(Optional<List<CoreLabel>> tokens) {
    if (tokens.isEmpty() || tokens.get().isEmpty()) {
      return " -1 -1";
    }
    List<CoreLabel> found = tokens.get();
    return " " + found.get(0).beginPosition() + " " + found.get(found.size() - 1).endPosition();
  }
}
