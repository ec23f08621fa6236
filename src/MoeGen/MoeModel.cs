using System.Runtime.CompilerServices;
using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Experts.Cache;
using MoeGen.Experts.Selection;
using MoeGen.Tokenizers;
using MoeGen.Weights;

namespace MoeGen;

/// <summary>
/// A loaded model: base of every generated model class. Sequences share its weights; calls from several threads take turns, one
/// chunk of tokens each.
/// </summary>
public abstract class MoeModel : IDisposable
{
    private readonly WeightStore _weights;
    private readonly MoeOptions _options;
    private readonly WorkerTeam _team;
    private readonly Lock _turn = new();
    private readonly Action<Worker> _forward;
    private readonly Action<Worker> _encode;
    private readonly Tokenizer? _tokenizer;
    private readonly TokenizerFormatException? _tokenizerFault;
    private ForwardPass? _pass;
    private ForwardPass? _running; // the pass that _forward or _encode runs
    private MemoryPlan _plan;
    private ByteSize? _budget;
    private long _sequenceBytes;
    private bool _isDisposed;

    /// <summary>Takes over loaded weights.</summary>
    /// <param name="folder">Folder of the checkpoint; a tokenizer in it is loaded too.</param>
    /// <param name="info">The model.</param>
    /// <param name="weights">Its weights; disposed with the model.</param>
    /// <param name="options">How it runs.</param>
    protected MoeModel(string folder, ModelInfo info, WeightStore weights, MoeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Info = info;
        _weights = weights;
        _options = options;
        ContextLength = options.ContextLengthFor(info);
        _budget = options.MemoryBudget;
        _plan = weights.Plan;
        EosTokenIds = GenerationConfig.ReadEosTokenIds(folder) ?? info.EosTokenIds;
        if (File.Exists(Path.Combine(folder, Tokenizer.FileName)))
        {
            try
            {
                _tokenizer = Tokenizer.Load(folder);
            }
            catch (TokenizerFormatException fault)
            {
                // a model whose tokenizer is not supported still takes token ids
                _tokenizerFault = fault;
            }
        }

        _team = new WorkerTeam(options.ThreadsOrDefault);
        _forward = worker => Forward(_running!, worker);
        _encode = worker => Encode(_running!, worker);
    }

    /// <summary>What the model is.</summary>
    public ModelInfo Info { get; }

    /// <summary>Longest sequence in tokens.</summary>
    public int ContextLength { get; }

    /// <summary>How keys and values of a sequence are held.</summary>
    public KeyValueFormat KeyValueFormat => _options.KeyValueFormat;

    /// <summary>Threads that compute.</summary>
    public int Threads => _team.Count;

    /// <summary>The tokenizer that lay beside the weights.</summary>
    /// <exception cref="TokenizerFormatException">It is damaged, or of a kind that is not supported.</exception>
    /// <exception cref="InvalidOperationException">There was none.</exception>
    public Tokenizer Tokenizer
    {
        get
        {
            const string Missing = "was loaded without a tokenizer: the folder has no tokenizer.json. Pass token ids instead of text.";
            return _tokenizer ?? throw (_tokenizerFault ?? (Exception)new InvalidOperationException($"{Info.Name} {Missing}"));
        }
    }

    /// <summary>Whether there is a tokenizer that can be used.</summary>
    public bool HasTokenizer => _tokenizer is not null;

    /// <summary>Tokens that end a text: from generation_config.json beside the weights, else from config.json.</summary>
    public IReadOnlyList<int> EosTokenIds { get; }

    /// <summary>
    /// Most memory that the model holds; null: most of the machine's memory. Can be changed while texts are being written: experts go or come
    /// between two tokens, results stay the same.
    /// </summary>
    /// <exception cref="MemoryBudgetTooSmallException">The model does not run in the new budget; the old one stays.</exception>
    public ByteSize? MemoryBudget
    {
        get => _budget;
        set
        {
            lock (_turn)
            {
                ObjectDisposedException.ThrowIf(_isDisposed, this);
                Use(_plan.Within(value));
                _budget = value;
            }
        }
    }

    /// <summary>The memory that the model holds now, part by part.</summary>
    public MemoryPlan MemoryPlan => _plan;

    /// <summary>What the model's expert cache has done so far.</summary>
    public OffloadingStatistics Statistics => _weights.ExpertCache.Statistics;

    /// <summary>What decides which experts run; null: the routers alone.</summary>
    internal ISelection? Selection => _weights.ExpertCache.Selection;

    /// <summary>Starts an empty sequence. Its KV cache takes the place of experts where there is no other.</summary>
    /// <exception cref="MemoryBudgetTooSmallException">One more KV cache does not fit the memory budget.</exception>
    public Sequence CreateSequence() => CreateSequence(_options.PrefillChunkFor(Info));

    /// <summary>Starts an empty sequence for passes of the caller's.</summary>
    /// <param name="chunk">Most tokens of a pass.</param>
    /// <exception cref="MemoryBudgetTooSmallException">One more KV cache does not fit the memory budget.</exception>
    internal Sequence CreateSequence(int chunk)
    {
        chunk = Math.Max(chunk, _options.PrefillChunkFor(Info));
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        lock (_turn)
        {
            ResizeFor(_sequenceBytes + Sequence.SizeFor(Info, _options, chunk));
        }

        return new Sequence(this, _options, chunk);
    }

    /// <summary>Continues a text, token by token; a model with an encoder reads it and writes another.</summary>
    /// <param name="prompt">The text.</param>
    /// <param name="options">How tokens are chosen and when to stop.</param>
    /// <exception cref="InvalidPromptException">The prompt is empty or too long.</exception>
    public TextGeneration Generate(string prompt, SamplingOptions? options = null) =>
        Generate(Tokenizer.Encode(prompt, addSpecialTokens: true), options);

    /// <summary>Continues a sequence of tokens; a model with an encoder reads it and writes another.</summary>
    /// <param name="tokens">Ids of the prompt.</param>
    /// <param name="options">How tokens are chosen and when to stop.</param>
    /// <exception cref="InvalidPromptException">The prompt is empty, too long, or has an id outside the vocabulary.</exception>
    public TextGeneration Generate(ReadOnlySpan<int> tokens, SamplingOptions? options = null) =>
        new(this, tokens, options ?? new SamplingOptions());

    /// <summary>Continues a text; gives pieces of whole characters as they become certain.</summary>
    /// <param name="prompt">The text.</param>
    /// <param name="options">How tokens are chosen and when to stop.</param>
    /// <param name="cancellationToken">Stops between two layers.</param>
    /// <exception cref="InvalidPromptException">The prompt is empty or too long.</exception>
    public async IAsyncEnumerable<string> GenerateAsync(
        string prompt, SamplingOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using TextGeneration generation = Generate(prompt, options);

        // computing takes long: it belongs on a pool thread, not on that of a user interface
        while (await Task.Run(() => generation.MoveNext(cancellationToken), cancellationToken).ConfigureAwait(false))
        {
            if (generation.TextLength > 0)
            {
                yield return generation.GetText();
            }
        }

        if (generation.TextLength > 0)
        {
            yield return generation.GetText();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_turn)
        {
            if (!_isDisposed)
            {
                _isDisposed = true;
                _team.Dispose();
                _pass?.Dispose();
                _weights.Dispose();
            }
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Makes the working memory of a pass.</summary>
    /// <param name="maxTokens">Most tokens of one run.</param>
    /// <param name="maxLogits">Most tokens whose logits are asked for.</param>
    protected internal abstract ForwardPass CreatePass(int maxTokens, int maxLogits);

    /// <summary>Runs a pass; every worker of the team calls it at the same time.</summary>
    /// <param name="pass">A pass that <see cref="CreatePass"/> made.</param>
    /// <param name="worker">The calling worker.</param>
    protected abstract void Forward(ForwardPass pass, Worker worker);

    /// <summary>
    /// Reads an encoder's input, which is all of the pass, and prepares what the decoder's layers keep of it; every worker of the team
    /// calls it at the same time. Models without an encoder need not override it.
    /// </summary>
    /// <param name="pass">A pass that <see cref="CreatePass"/> made.</param>
    /// <param name="worker">The calling worker.</param>
    protected virtual void Encode(ForwardPass pass, Worker worker) => throw new NotSupportedException($"{Info.Name} has no encoder.");

    /// <summary>Loads weights and makes the model; whatever fails, nothing stays allocated.</summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="folder">Folder of the checkpoint.</param>
    /// <param name="info">The model.</param>
    /// <param name="tensors">Its tensors.</param>
    /// <param name="options">How it runs; null: defaults.</param>
    /// <param name="create">The generated constructor.</param>
    /// <param name="cancellationToken">Stops loading.</param>
    protected static TModel Load<TModel>(
        string folder, ModelInfo info, IReadOnlyList<TensorDeclaration> tensors, MoeOptions? options,
        Func<WeightStore, MoeOptions, TModel> create, CancellationToken cancellationToken)
        where TModel : MoeModel
    {
        ArgumentNullException.ThrowIfNull(create);
        options ??= new MoeOptions();
        WeightStore weights = WeightStore.Load(folder, info, tensors, options, cancellationToken);
        try
        {
            return create(weights, options);
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>Runs the encoder on an input.</summary>
    /// <param name="sequence">A sequence without a text.</param>
    /// <param name="tokens">The input.</param>
    /// <param name="pass">A pass of the caller's, at least as long as the input; null: the model's own.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    internal void Encode(Sequence sequence, ReadOnlySpan<int> tokens, ForwardPass? pass, CancellationToken cancellationToken)
    {
        sequence.CheckInput(tokens);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_turn)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _running = pass ?? (_pass ??= CreatePass(_options.PrefillChunkFor(Info), maxLogits: 1));
            sequence.SetInput(0);
            _running.Prepare(tokens, 0, tokens.Length, numLogits: 0, sequence, _weights.ExpertCache, cancellationToken);
            RunPass(_encode, new SelectionPass(tokens.Length, IsNewSequence: true, IsRepeat: false, IsDecode: false));
            sequence.SetInput(tokens.Length);
        }
    }

    /// <summary>Runs tokens of a sequence, chunk by chunk, and copies the logits after the last one.</summary>
    internal void Run(Sequence sequence, ReadOnlySpan<int> tokens, Span<float> logits, CancellationToken cancellationToken)
    {
        sequence.CheckTokens(tokens);
        int length = sequence.Length + tokens.Length;
        bool isStep = sequence.Length > 0 && tokens.Length == 1;
        sequence.Remember(tokens, length);
        while (sequence.NumComputed < length)
        {
            lock (_turn)
            {
                ObjectDisposedException.ThrowIf(_isDisposed, this);
                _pass ??= CreatePass(_options.PrefillChunkFor(Info), maxLogits: 1);
                int count = Math.Min(length - sequence.NumComputed, _pass.MaxTokens);
                bool isLast = sequence.NumComputed + count == length;
                RunChunk(_pass, sequence, count, length, isLast ? 1 : 0, isStep, cancellationToken);
                if (isLast)
                {
                    _pass.Logits[0].CopyTo(logits);
                }
            }
        }
    }

    /// <summary>Runs one chunk on a pass of the caller's, who reads the logits.</summary>
    /// <param name="pass">A pass of this model, at least as long as the chunk.</param>
    /// <param name="sequence">The sequence that goes on.</param>
    /// <param name="tokens">The chunk.</param>
    /// <param name="numLogits">How many of its last tokens need logits.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    /// <param name="length">Tokens of the whole text when further chunks are to follow; null: this is the last one.</param>
    internal void Run(
        ForwardPass pass, Sequence sequence, ReadOnlySpan<int> tokens, int numLogits, CancellationToken cancellationToken,
        int? length = null)
    {
        sequence.CheckTokens(tokens);
        int wholeLength = length ?? sequence.Length + tokens.Length;
        bool isStep = length is null && sequence.Length > 0 && tokens.Length == 1;
        lock (_turn)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            sequence.Remember(tokens, wholeLength);
            while (sequence.NumComputed < sequence.Length)
            {
                int count = Math.Min(sequence.Length - sequence.NumComputed, Math.Min(pass.MaxTokens, sequence.MaxChunk));
                RunChunk(pass, sequence, count, wholeLength, numLogits: 0, isStep, cancellationToken);
            }

            RunChunk(pass, sequence, tokens.Length, wholeLength, numLogits, isStep, cancellationToken);
        }
    }

    /// <summary>The experts, as many as are in memory.</summary>
    internal ExpertCache ExpertCache => _weights.ExpertCache;

    internal void Release(Sequence sequence)
    {
        lock (_turn)
        {
            ResizeFor(_sequenceBytes - sequence.SizeInBytes);
        }
    }

    // runs the next tokens that the sequence remembers; length: of the whole text; isStep: its last token alone is new, and no prompt's
    private void RunChunk(
        ForwardPass pass, Sequence sequence, int count, int length, int numLogits, bool isStep, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ExpertCache experts = _weights.ExpertCache;
        int position = sequence.NumComputed;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, sequence.MaxChunk);
        sequence.StartChunk(count);
        bool isDecode = isStep && count == 1 && numLogits == 1;
        bool isNewSequence = position == 0 && !Info.HasEncoder; // there it was the encoder's pass
        bool isRepeat = false;
        do
        {
            pass.Prepare(sequence.NextTokens(count), position, length, numLogits, sequence, experts, cancellationToken);
            _running = pass;
            SelectionPass start = new(count, isNewSequence, isRepeat, isDecode)
            {
                DecodeStep = isDecode ? position - sequence.PromptEnd : 0,
            };
            RunPass(_forward, start);
            isRepeat = experts.IsToBeRepeated(isDecode, numLogits == 0 ? default : pass.Logits[numLogits - 1]);
        }
        while (isRepeat);

        for (int i = 0; i < numLogits; i++)
        {
            int token = FloatConverter.IndexOfNonFinite(pass.Logits[i]);
            if (token >= 0)
            {
                throw NonFiniteValueException.InLogits(position + count - numLogits + i, token, pass.Logits[i][token]);
            }
        }

        sequence.Advance(count, isDecode);
    }

    private void RunPass(Action<Worker> work, in SelectionPass start)
    {
        _weights.ExpertCache.StartPass(start);
        bool isComplete = false;
        try
        {
            _team.Run(work);
            isComplete = true;
        }
        finally
        {
            _weights.ExpertCache.EndPass(isComplete);
        }
    }

    // the plan holds one sequence; every further one comes on top, at the cost of experts
    private void ResizeFor(long sequenceBytes)
    {
        long one = Sequence.SizeFor(Info, _options, _options.PrefillChunkFor(Info));
        MemoryPlan plan = _plan with { KeyValueBytes = Math.Max(one, sequenceBytes) };
        Use(_options.ExpertSlots is null ? plan.Within(_budget) : plan);
        _sequenceBytes = sequenceBytes;
    }

    private void Use(MemoryPlan plan)
    {
        if (!_isDisposed && plan.NumSlots != _plan.NumSlots)
        {
            _weights.ExpertCache.Resize(plan.NumSlots);
        }

        _plan = plan;
    }
}
