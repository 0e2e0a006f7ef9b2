import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.analysis.core.WhitespaceAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.monitor.Monitor;
import org.apache.lucene.monitor.MonitorQuery;
import org.apache.lucene.monitor.QueryMatch;
import org.apache.lucene.queryparser.classic.QueryParser;
import org.apache.lucene.search.IndexSearcher;

/**
 * Lucene's Monitor on the rules and statements of two files, for tests/bench/matching.py.
 *
 * <p>A rule is a line in the syntax of Lucene's classic parser, a statement a line of speaker, tab and words. Printed are
 * the rules met, and the seconds of CPU time of this thread, both of the last of some rounds over all statements, so that
 * the code is compiled by then.
 */
public class Bench {
  public static void main(String[] arguments) throws Exception {
    int rounds = Integer.parseInt(arguments[2]);
    IndexSearcher.setMaxClauseCount(1 << 20);
    QueryParser parser = new QueryParser("text", new WhitespaceAnalyzer());
    List<MonitorQuery> rules = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of(arguments[0]))) {
      rules.add(new MonitorQuery(Integer.toString(rules.size()), parser.parse(line)));
    }
    List<Document> statements = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of(arguments[1]))) {
      String[] parts = line.split("\t", 2);
      Document statement = new Document();
      statement.add(new StringField("speaker", parts[0], Field.Store.NO));
      statement.add(new TextField("text", parts[1], Field.Store.NO));
      statements.add(statement);
    }
    try (Monitor monitor = new Monitor(new WhitespaceAnalyzer())) {
      monitor.register(rules);
      long met = 0;
      long nanoseconds = 0;
      for (int round = 0; round < rounds; round++) {
        met = 0;
        long started = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        for (Document statement : statements) {
          met += monitor.match(statement, QueryMatch.SIMPLE_MATCHER).getMatchCount();
        }
        nanoseconds = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - started;
      }
      System.out.println(met + " " + nanoseconds / 1e9);
    }
  }
}
