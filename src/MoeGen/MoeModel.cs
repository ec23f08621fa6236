using System.Runtime.CompilerServices;
using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Experts.Cache;
using MoeGen.Experts.Selection;
using MoeGen.Packs;
using MoeGen.Tokenizers;
using MoeGen.Weights;

namespace MoeGen;

/// <summary>
/// A loaded model: base of every generated model class. Sequences share its weights, and those that run at the same time share its passes:
/// callers on several threads get what is read of the weights together (<see cref="MoeOptions.MaxBatch"/>).
/// </summary>
public abstract class MoeModel : IDisposable
{
    private readonly WeightStore _weights;
    private readonly MoeOptions _options;
    private readonly ModelDevice? _device; // null: the processor computes; the weights own it
    private readonly WorkerTeam _team;
    private readonly Lock _turn = new();
    private readonly PassRunner _runner;
    private readonly PassQueue _queue;
    private readonly Tokenizer? _tokenizer;
    private readonly TokenizerFormatException? _tokenizerFault;
    private ForwardPass? _pass;
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
        _device = weights.Device;
        _options = options = _device is null ? options : options.On(_device);
        ContextLength = options.ContextLengthFor(info);
        _budget = options.MemoryBudget;
        _plan = weights.Plan;
        HasTwins = PackLayout.HasTwins(folder);
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

        // one worker drives a device
        _team = new WorkerTeam(_device is null ? options.ThreadsOrDefault : 1, options.PinThreads);
        _runner = _device is null
            ? new PassRunner(_team, weights.ExpertCache, Forward, Encode)
            : new PassRunner(_team, weights.ExpertCache, _device.Forward, _device.Encode);
        _queue = new PassQueue(options.MaxBatch, RunTogether, TimeProvider.System);
    }

    /// <summary>What the model is.</summary>
    public ModelInfo Info { get; }

    /// <summary>Longest sequence in tokens.</summary>
    public int ContextLength { get; }

    /// <summary>Whether it was loaded from a pack with small copies of its experts, which <see cref="Offloading.Hobbit"/> reads.</summary>
    public bool HasTwins { get; }

    /// <summary>How keys and values of a sequence are held.</summary>
    public KeyValueFormat KeyValueFormat => _options.KeyValueFormat;

    /// <summary>The device that computes, by name; null: the processor does.</summary>
    public string? DeviceName => _device?.Name;

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

    /// <summary>
    /// Continues a text; gives pieces of whole characters as they become certain. It is computed on a thread of its own as fast as the model
    /// goes, however slowly the pieces are read; whoever stops reading ends it.
    /// </summary>
    /// <param name="prompt">The text.</param>
    /// <param name="options">How tokens are chosen and when to stop.</param>
    /// <param name="cancellationToken">Stops between two layers.</param>
    /// <exception cref="InvalidPromptException">The prompt is empty or too long.</exception>
    public async IAsyncEnumerable<string> GenerateAsync(
        string prompt, SamplingOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using TextGeneration generation = Generate(prompt, options);
        await using TextThread thread = new(generation, cancellationToken);
        await foreach (string piece in thread.Pieces.ConfigureAwait(false))
        {
            yield return piece;
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
    /// <param name="half">What the model brings for a GPU; null: it was built without.</param>
    /// <exception cref="DeviceException">A GPU was asked for, and there is none that can run the model.</exception>
    protected static TModel Load<TModel>(
        string folder, ModelInfo info, IReadOnlyList<TensorDeclaration> tensors, MoeOptions? options,
        Func<WeightStore, MoeOptions, TModel> create, CancellationToken cancellationToken, DeviceHalf? half = null)
        where TModel : MoeModel
    {
        ArgumentNullException.ThrowIfNull(create);
        options ??= new MoeOptions();
        WeightStore weights = WeightStore.Load(folder, info, tensors, options, cancellationToken, half);
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

    /// <summary>Makes the working memory of a pass, where the passes run.</summary>
    /// <param name="maxTokens">Most tokens of one run.</param>
    /// <param name="maxLogits">Most tokens whose logits are asked for.</param>
    internal ForwardPass NewPass(int maxTokens, int maxLogits) =>
        _device is null ? CreatePass(maxTokens, maxLogits) : _device.CreatePass(maxTokens, maxLogits);

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
            _runner.Encode(pass ?? OwnPass(), sequence, tokens, cancellationToken);
        }
    }

    /// <summary>
    /// Runs tokens of a sequence, chunk by chunk, and copies the logits after the last one. Sequences that callers on other threads run at the
    /// same time share its passes.
    /// </summary>
    internal unsafe void Run(Sequence sequence, ReadOnlySpan<int> tokens, Span<float> logits, CancellationToken cancellationToken)
    {
        sequence.CheckTokens(tokens);
        int length = sequence.Length + tokens.Length;
        bool isStep = sequence.Length > 0 && tokens.Length == 1;
        sequence.Remember(tokens, length);
        cancellationToken.ThrowIfCancellationRequested();
        PassRequest request = sequence.Request;
        fixed (float* destination = logits)
        {
            request.Begin(length, isStep, destination, cancellationToken);
            _queue.Run(request);
        }

        request.ThrowIfFailed();
    }

    /// <summary>Runs one chunk on a pass of the caller's, who reads the logits; no other sequence takes part.</summary>
    /// <param name="pass">A pass of this model, at least as long as the chunk.</param>
    /// <param name="sequence">The sequence that goes on.</param>
    /// <param name="tokens">The chunk.</param>
    /// <param name="numLogits">How many of its last tokens need logits.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    /// <param name="length">Tokens of the whole text when further chunks are to follow; null: this is the last one.</param>
    internal unsafe void Run(
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
            PassRequest request = sequence.Request;
            request.Begin(wholeLength, isStep, logits: null, cancellationToken);
            while (sequence.NumComputed < sequence.Length)
            {
                int count = Math.Min(sequence.Length - sequence.NumComputed, Math.Min(pass.MaxTokens, sequence.MaxChunk));
                RunAlone(pass, request, count, numLogits: 0);
            }

            RunAlone(pass, request, tokens.Length, numLogits);
        }
    }

    /// <summary>Runs what some requests have taken on a pass of the caller's, who says which sequences take part.</summary>
    /// <param name="pass">A pass of this model, with room for all of them.</param>
    /// <param name="requests">The sequences, in the order of their rows; changes their order.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    internal void Run(ForwardPass pass, Span<PassRequest> requests, CancellationToken cancellationToken)
    {
        lock (_turn)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _runner.Run(pass, requests, cancellationToken);
        }
    }

    /// <summary>The experts, as many as are in memory.</summary>
    internal ExpertCache ExpertCache => _weights.ExpertCache;

    internal void Release(Sequence sequence)
    {
        _queue.Forget(sequence.Request);
        lock (_turn)
        {
            ResizeFor(_sequenceBytes - sequence.SizeInBytes);
        }
    }

    private void RunAlone(ForwardPass pass, PassRequest request, int numTokens, int numLogits)
    {
        request.CancellationToken.ThrowIfCancellationRequested();
        request.Take(numTokens, numLogits);
        Run(pass, new Span<PassRequest>(ref request), request.CancellationToken);
        request.ThrowIfFailed();
    }

    // what goes wrong is told to the requests
    private void RunTogether(Span<PassRequest> requests)
    {
        lock (_turn)
        {
            if (_isDisposed)
            {
                foreach (PassRequest request in requests)
                {
                    request.Fail(new ObjectDisposedException(GetType().Name));
                }

                return;
            }

            _runner.RunTogether(OwnPass(), requests);
        }
    }

    private ForwardPass OwnPass()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _pass ??= NewPass(_options.PassRowsFor(Info), _options.MaxBatch);
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
